import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiResponse } from '@nestjs/swagger';

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

  @ApiProperty({ description: 'HTTP status code', example: 404 })
  status: number;

  @ApiProperty({
    description: 'Also in the X-Request-Id header; names the request in the logs',
    example: 'req_8f14e45fceea',
  })
  request_id: string;

  @ApiPropertyOptional({ type: [FieldErrorView], description: 'The fields at fault' })
  details?: FieldErrorView[];
}

const DESCRIPTIONS: Record<number, string> = {
  400: 'Bad request',
  401: 'Missing or invalid API key',
  403: 'Not allowed: the key lacks a scope, or a limit of the plan is reached',
  404: "Not found, or another tenant's",
  409: 'Duplicate',
  413: 'Body too large',
  429: 'Too many requests, or the events of the month are used up; Retry-After says when to come back',
  503: 'Try again later',
};

/** Documents the errors an operation answers. */
export const ApiErrors = (...statuses: number[]) =>
  applyDecorators(
    ...statuses.map((status) => ApiResponse({ status, type: ErrorView, description: DESCRIPTIONS[status] })),
  );
