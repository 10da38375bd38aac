import { type ArgumentMetadata, type PipeTransform, ValidationPipe } from '@nestjs/common';
import { type ValidationError } from 'class-validator';
import { ApiError, type ErrorCode, type FieldError } from '#libs/errors';
import { jsonProblem } from './json-problem.js';
import { withoutReadOnlyFields } from './read-only-fields.js';

/** Checks request bodies and queries against their DTO: unknown fields are refused by name, read-only ones ignored. */
export function validationPipe(): PipeTransform {
  const pipes = { body: dtoPipe('invalid_body'), query: dtoPipe('invalid_query') };
  return {
    transform: async (value: unknown, metadata: ArgumentMetadata): Promise<unknown> => {
      switch (metadata.type) {
        case 'body':
          if (!isObject(value)) throw new ApiError('invalid_body', { sentence: NOT_AN_OBJECT });
          return validate(pipes.body, 'invalid_body', value, metadata);
        case 'query':
          return validate(pipes.query, 'invalid_query', value, metadata);
        case 'param':
        case 'custom':
          return value;
      }
    },
  };
}

const NOT_AN_OBJECT = 'The request body must be a JSON object, sent with Content-Type: application/json';

/** Looks twice for what cannot be stored: a DTO may have parsed more JSON out of strings. */
async function validate(
  pipe: ValidationPipe,
  code: ErrorCode,
  value: unknown,
  metadata: ArgumentMetadata,
): Promise<unknown> {
  refuseUnstorable(value, code);
  const sent = metadata.type === 'body' ? withoutReadOnlyFields(value as object, metadata.metatype) : value;
  const dto: unknown = await pipe.transform(sent, metadata);
  refuseUnstorable(dto, code);
  return dto;
}

function refuseUnstorable(value: unknown, code: ErrorCode): void {
  const problem = jsonProblem(value);
  if (problem) throw ApiError.invalidBody([problem], code);
}

function dtoPipe(code: ErrorCode): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    forbidUnknownValues: true,
    exceptionFactory: (errors) => ApiError.invalidBody(errors.map(toFieldError), code),
  });
}

/** One message per field: of several, what says which type the field has. */
function toFieldError({ property, value, constraints = {} }: ValidationError): FieldError {
  const failed = Object.entries(constraints);
  const [name, message = 'is not valid'] = failed.find(([check]) => check.startsWith('is')) ?? failed[0] ?? [];
  if (name === 'whitelistValidation') return { field: property, message: 'is not a known field' };
  if (value === undefined) return { field: property, message: 'is required' };
  return { field: property, message: withoutName(message, property) };
}

/** class-validator starts its messages with the property. */
function withoutName(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
