import { createParamDecorator, type ExecutionContext, Inject, Injectable, type PipeTransform } from '@nestjs/common';
import { type Request } from 'express';
import { Config } from '#libs/config';

const RequestBaseUrl = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const request = context.switchToHttp().getRequest<Request>();
  return `${request.protocol}://${request.get('host') ?? 'localhost'}`;
});

@Injectable()
class PublicUrlPipe implements PipeTransform<string, string> {
  constructor(@Inject(Config) private readonly config: Config) {}

  transform(requestBaseUrl: string): string {
    return (this.config.HOOKSTREAM_PUBLIC_URL ?? requestBaseUrl).replace(/\/+$/, '');
  }
}

/** URL under which clients reach this api, without a slash at the end. */
export const BaseUrl = () => RequestBaseUrl(PublicUrlPipe);
