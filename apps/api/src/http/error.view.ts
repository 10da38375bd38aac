import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiResponse, getSchemaPath } from '@nestjs/swagger';

class FieldErrorView {
  @ApiProperty({ description: 'Path of the field', example: 'slug' })
  field: string;

  @ApiProperty({ description: 'What is wrong with it', example: 'must match pattern ^[a-z0-9-]+$' })
  message: string;
}

/** The body of every error. */
export class ErrorView {
  @ApiProperty({ description: 'A sentence for people', example: 'Destination not found' })
  error: string;

  @ApiProperty({ type: 'integer', description: 'HTTP status code', example: 404 })
  status: number;

  @ApiProperty({
    description: 'Also in the X-Request-Id header; names the request in the logs',
    example: 'req_8f14e45fceea',
  })
  request_id: string;

  @ApiPropertyOptional({ type: [FieldErrorView], description: 'The fields at fault' })
  details?: FieldErrorView[];
}

class ValidationErrorView {
  @ApiProperty({ description: 'JSON pointer into the body; empty for the whole', example: '/total' })
  path: string;

  @ApiProperty({ description: 'Keyword of the schema that failed', example: 'type' })
  keyword: string;

  @ApiProperty({ description: 'What is wrong; follows the path', example: 'must be number' })
  message: string;
}

/** The body of an error about a body that does not fit the schema of its source. */
export class SchemaErrorView extends ErrorView {
  @ApiProperty({ type: [ValidationErrorView], description: 'In what the body does not fit' })
  validation_errors: ValidationErrorView[];
}

const DESCRIPTIONS: Record<number, string> = {
  400: 'A field is missing, unknown or wrong; `details` names it',
  401: 'Missing or invalid API key',
  403: 'Not allowed: the key lacks a scope, or a limit of the plan is reached',
  404: "Not found, or another tenant's",
  409: 'Something with this slug, uid or name exists already',
  413: 'The body is too large',
  422: 'The body does not fit the schema of the source',
  429: 'Too many requests; Retry-After says in how many seconds to come back',
  503: 'Try again later',
};

/**
 * Documents the errors an operation answers besides those that all have in common (401, 403, 429).
 *
 * @param errors status codes, or what they mean here by status code
 */
export const ApiErrors = (...errors: (number | Record<number, string>)[]) =>
  applyDecorators(
    ...errors
      .flatMap((error) => (typeof error === 'number' ? [[error, DESCRIPTIONS[error]]] : Object.entries(error)))
      .map(([status, description]) =>
        ApiResponse({
          status: Number(status),
          type: Number(status) === 422 ? SchemaErrorView : ErrorView,
          description: String(description),
        }),
      ),
  );

/** An error as the document has it. */
export const describeError = (status: number) => ({
  description: DESCRIPTIONS[status] ?? '',
  content: { 'application/json': { schema: { $ref: getSchemaPath(ErrorView) } } },
});
