import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { ApiError } from '#libs/errors';
import { BaseUrl } from '../http/base-url.js';
import { RateLimits } from '../http/rate-limits.js';
import { IdentityGateway } from './identity-gateway.js';

/** Sign-up, sign-in, sessions, members and invitations, as better-auth defines them. */
@ApiExcludeController()
@Controller('api/auth')
export class IdentityController {
  constructor(
    @Inject(IdentityGateway) private readonly gateway: IdentityGateway,
    @Inject(RateLimits) private readonly rateLimits: RateLimits,
  ) {}

  @All('*path')
  async answer(@Req() request: Request, @Res() response: Response, @BaseUrl() baseUrl: string): Promise<void> {
    await this.rateLimits.ofAddress(request, response);
    // Only JSON has been read, and with a limit; nothing else is.
    if (request.is('json') === false && request.get('content-length') !== '0') throw new ApiError('unsupported_type');
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
    const answer = await this.gateway.forward(request, baseUrl, {
      path: request.originalUrl,
      method: request.method,
      body: hasBody ? (request.body as unknown) : undefined,
    });
    this.gateway.passOn(answer, response);
    response.send(Buffer.from(await answer.arrayBuffer()));
  }
}
