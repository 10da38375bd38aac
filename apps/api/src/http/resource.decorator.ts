import { applyDecorators, ClassSerializerInterceptor, Controller, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

/**
 * A controller of the API: its answers are views, serialized as the contract wants them.
 *
 * @param tag group in the documentation
 * @param path under `/v1`
 */
export const Resource = (tag: string, path: string) =>
  applyDecorators(Controller(`v1/${path}`), ApiTags(tag), UseInterceptors(ClassSerializerInterceptor));
