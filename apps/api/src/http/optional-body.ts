import { type ArgumentMetadata, createParamDecorator, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import { type Request } from 'express';
import { validationPipe } from './validation.js';

const pipe = validationPipe();
const asBody: PipeTransform = {
  transform: (value: unknown, metadata: ArgumentMetadata): unknown =>
    pipe.transform(value, { ...metadata, type: 'body' }),
};

/** The body like `@Body()`, or an empty one when the request has none. One that is not sent as JSON is refused, not passed over. */
export const OptionalBody = () => requestBody(asBody);

const requestBody = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  const request = context.switchToHttp().getRequest<Request>();
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  return length === '0' && encoding === undefined ? {} : (request.body as unknown);
});
