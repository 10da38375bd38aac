import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { Config } from '#libs/config';
import { ApiError } from '#libs/errors';
import { isOwnOrigin } from '../http/base-url.js';
import { RateLimits } from '../http/rate-limits.js';

/** Pages with forms: only so often from one address, and forms from our own pages only. */
@Injectable()
export class FormGuard implements CanActivate {
  constructor(
    @Inject(RateLimits) private readonly rateLimits: RateLimits,
    @Inject(Config) private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    await this.rateLimits.ofAddress(request, http.getResponse<Response>());
    if (request.method === 'POST' && !isOwnOrigin(request, this.config)) throw new ApiError('foreign_origin');
    return true;
  }
}
