import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { isServerAway } from '#libs/database';
import { ApiError, ERRORS, type FieldError, type ValidationError } from '#libs/errors';
import { type Log } from '#libs/observability';
import { requestIdOf } from './request-id.js';

/** The body of every error (contract, decision 8). */
interface ErrorBody {
  error: string;
  status: number;
  request_id: string;
  details?: FieldError[];
  validation_errors?: ValidationError[];
}

/** How long PostgreSQL takes to come back, if it does so by itself. */
const RETRY_AFTER_SECONDS = 5;

/** The only place that knows how an error becomes an HTTP answer. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const error = toApiError(thrown);
    const request_id = requestIdOf(response);
    if (error.status >= 500) {
      const { method, path } = host.switchToHttp().getRequest<Request>();
      this.log.error({ err: thrown, request_id, method, path }, 'request failed');
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { details, validationErrors, retryAfterSeconds } = error.options;
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
    const body: ErrorBody = {
      error: error.message,
      status: error.status,
      request_id,
      ...(details && { details }),
      ...(validationErrors && { validation_errors: validationErrors }),
    };
    response.status(error.status).json(body);
  }
}

/** What express and Nest throw by themselves, in our terms. Anything unknown is our own fault and stays in the log. */
function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (isServerAway(thrown)) return new ApiError('unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  if (thrown instanceof HttpException && thrown.getStatus() === 404) return new ApiError('route_not_found');
  // Nest wraps what express throws.
  const original = thrown instanceof HttpException ? (thrown.cause ?? thrown) : thrown;
  // A path with a broken percent encoding.
  if (original instanceof URIError) return new ApiError('route_not_found');
  switch (bodyParserErrorType(original)) {
    case 'entity.parse.failed':
      return new ApiError('malformed_json');
    case 'entity.too.large':
      return new ApiError('body_too_large');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new ApiError('unsupported_encoding');
    case 'request.aborted':
    case 'request.size.invalid':
      return new ApiError('invalid_body');
    default:
      return isClientError(original)
        ? new ApiError('invalid_body')
        : new ApiError('internal', { sentence: ERRORS.internal.sentence });
  }
}

/** See https://www.npmjs.com/package/body-parser#errors */
function bodyParserErrorType(thrown: unknown): unknown {
  return (thrown as { type?: unknown } | null)?.type;
}

function isClientError(thrown: unknown): boolean {
  const status = thrown instanceof HttpException ? thrown.getStatus() : (thrown as { status?: unknown } | null)?.status;
  return typeof status === 'number' && status >= 400 && status < 500;
}
