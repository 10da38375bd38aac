import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';

type Description = Pick<ApiPropertyOptions & { type?: never }, 'description'> & { example?: unknown };

/** A boolean of the domain; on the wire 0 or 1. */
export const WireBoolean = (options: Description) =>
  applyDecorators(
    ApiProperty({ example: 1, ...options, type: 'integer', enum: [0, 1] }),
    Transform(({ value }: { value: unknown }) => (typeof value === 'boolean' ? Number(value) : value), {
      toPlainOnly: true,
    }),
  );

/** An object or array of the domain; on the wire a string of JSON, or null. */
export const WireJson = (options: Description) =>
  applyDecorators(
    ApiProperty({ ...options, type: 'string', nullable: true }),
    Transform(
      ({ obj, key }: { obj: Record<string, unknown>; key: string }) => {
        const value = obj[key];
        return value === null || value === undefined ? null : JSON.stringify(value);
      },
      { toPlainOnly: true },
    ),
  );
