import { createParamDecorator, type ExecutionContext, Inject, Injectable, type PipeTransform } from '@nestjs/common';
import { type Request } from 'express';
import { Config } from '#libs/config';

const RequestBaseUrl = createParamDecorator((_: unknown, context: ExecutionContext): string =>
  requestBaseUrl(context.switchToHttp().getRequest<Request>()),
);

@Injectable()
class PublicUrlPipe implements PipeTransform<string, string> {
  constructor(@Inject(Config) private readonly config: Config) {}

  transform(requestBaseUrl: string): string {
    return publicUrl(this.config, requestBaseUrl);
  }
}

/** URL under which clients reach this api, without a slash at the end. */
export const BaseUrl = () => RequestBaseUrl(PublicUrlPipe);

/** Whether a browser sent the request from a page of this api, as far as its `Origin` tells. */
export function isOwnOrigin(request: Request, config: Config): boolean {
  return request.get('origin') === new URL(publicUrl(config, requestBaseUrl(request))).origin;
}

function requestBaseUrl(request: Request): string {
  return `${request.protocol}://${request.get('host') ?? 'localhost'}`;
}

function publicUrl(config: Config, requestBaseUrl: string): string {
  return (config.HOOKSTREAM_PUBLIC_URL ?? requestBaseUrl).replace(/\/+$/, '');
}
