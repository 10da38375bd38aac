import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
  UseInterceptors,
} from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { type Request } from 'express';
import { type Observable } from 'rxjs';

/** A request without a body has an empty object. One with a body that is no JSON has none, and is refused. */
class MissingBody implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    if (request.body === undefined && !hasContent(request)) request.body = {};
    return next.handle();
  }
}

/** See https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */
function hasContent({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The body of a route may be left out. @param type its DTO, of which no field is required */
export const OptionalBody = (type: Type) =>
  applyDecorators(UseInterceptors(MissingBody), ApiBody({ type, required: false }));
