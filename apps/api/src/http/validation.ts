import { ValidationPipe } from '@nestjs/common';
import { type ValidationError } from 'class-validator';
import { ApiError, type FieldError } from '#libs/errors';

/** Checks request bodies and queries against their DTO: unknown fields are refused by name. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    exceptionFactory: (errors) => ApiError.invalidBody(errors.flatMap((error) => toFieldErrors(error))),
  });
}

function toFieldErrors(error: ValidationError, parent = ''): FieldError[] {
  const field = parent ? `${parent}.${error.property}` : error.property;
  const nested = (error.children ?? []).flatMap((child) => toFieldErrors(child, field));
  const own = Object.entries(error.constraints ?? {}).map(([name, message]) => ({
    field,
    message: name === 'whitelistValidation' ? 'is not a known field' : withoutName(message, error.property),
  }));
  return [...own, ...nested];
}

/** class-validator starts its messages with the property. */
function withoutName(message: string, property: string): string {
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
