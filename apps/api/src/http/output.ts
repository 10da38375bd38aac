import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Wire } from './view-serializer.js';

/** An id, for the documentation. */
export const EXAMPLE_ID = '0190a1b2c3d47e5f8a9b0c1d2e3f4a5b';

type Description = Pick<ApiPropertyOptions & { type?: never }, 'description'> & { example?: unknown };

/** A boolean of the domain; on the wire 0 or 1. */
export const WireBoolean = (options: Description) =>
  applyDecorators(
    ApiProperty({ example: 1, ...options, type: 'integer', enum: [0, 1] }),
    Wire((value) => (typeof value === 'boolean' ? Number(value) : value)),
  );

/** An object or array of the domain; on the wire a string of JSON, or null. */
export const WireJson = (options: Description) =>
  applyDecorators(
    ApiProperty({ ...options, type: 'string', nullable: true }),
    Wire((value) => (value === null || value === undefined ? null : JSON.stringify(value))),
  );

/** An id. */
export const WireId = (description: string) => ApiProperty({ description, example: EXAMPLE_ID });

/** A point in time. */
export const WireDate = (description: string) =>
  ApiProperty({ description, type: 'string', format: 'date-time', example: '2026-03-01T12:00:00.000Z' });

/** A point in time, or null. */
export const WireNullableDate = (description: string) =>
  ApiProperty({
    description,
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: '2026-03-01T12:00:00.000Z',
  });

/** Text, or null. */
export const WireNullableText = (description: string, example: string) =>
  ApiProperty({ description, type: 'string', nullable: true, example });

/** An integer, or null. */
export const WireNullableInteger = (description: string, example: number) =>
  ApiProperty({ description, type: 'integer', nullable: true, example });
