import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsDate,
  IsInt,
  IsOptional,
  IsString,
  isISO8601,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { parseId } from '#libs/crypto';
import { ApiError } from '#libs/errors';

type RawInput = { obj: Record<string, unknown>; key: string };

const MAX_RATE = 100_000;
/** The nil UUID, which nothing has. */
const ID_OF_NOTHING = '0'.repeat(32);

/** May be left out, but is not null when given. */
export const Optional = () => ValidateIf((_, value) => value !== undefined);

/** May be left out; null clears it. */
export const Nullable = () => IsOptional();

/** A check of our own. @param message follows the field's name: `must be …` */
export const Check = (name: string, test: (value: unknown) => boolean, message: string) =>
  ValidateBy({ name, validator: { validate: test, defaultMessage: () => message } });

/** A boolean, or 0 and 1 as answers carry it. */
export const BooleanInput = () => OneOf([true, 1], [false, 0], 'must be true or false');

/** How many a second; 0 is unlimited, as null is. */
export const RateInput = () =>
  applyDecorators(
    Transform(({ obj, key }: RawInput) => (obj[key] === 0 ? null : obj[key])),
    Nullable(),
    IsInt(),
    Min(1),
    Max(MAX_RATE),
    ApiPropertyOptional({
      type: 'integer',
      nullable: true,
      description: 'Messages per second; 0 and null are unlimited',
      minimum: 0,
      maximum: MAX_RATE,
      example: 10,
    }),
  );

/** A boolean in a query. */
export const FlagInput = () => OneOf(['1', 'true'], ['0', 'false'], 'must be 1 or 0');

const OneOf = (yes: unknown[], no: unknown[], message: string) =>
  applyDecorators(
    Transform(({ obj, key }: RawInput) => {
      const value = obj[key];
      return yes.includes(value) ? true : no.includes(value) ? false : value;
    }),
    IsBoolean({ message }),
  );

/** JSON, or a string of JSON as answers carry it. A string that is not JSON is left for the validation to refuse. */
export const JsonInput = () =>
  Transform(({ obj, key }: RawInput) => {
    const value = obj[key];
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  });

/** A JSON object, or a string with one as answers carry it. */
export const IsObjectInput = () =>
  applyDecorators(
    JsonInput(),
    Check(
      'isObjectInput',
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'must be an object',
    ),
  );

/** One of several spellings, as the one that is used inside. */
export const AliasInput = (aliases: Record<string, string>) =>
  Transform(({ obj, key }: RawInput) => {
    const value = obj[key];
    return typeof value === 'string' && Object.hasOwn(aliases, value) ? aliases[value] : value;
  });

/** An id with or without its prefix; one that is malformed becomes one that nothing has. */
export const IdInput = () =>
  applyDecorators(
    Transform(({ obj, key }: RawInput) => {
      const value = obj[key];
      return typeof value === 'string' ? (parseId(value) ?? ID_OF_NOTHING) : value;
    }),
    IsString(),
  );

/** A date or a time in ISO 8601; UTC when it does not say. */
export const DateInput = () =>
  applyDecorators(
    Transform(({ obj, key }: RawInput) => {
      const value = obj[key];
      return isISO8601(value, { strict: true }) ? toDate(value as string) : value;
    }),
    IsDate({ message: 'must be a date or time in ISO 8601, such as 2026-03-01T12:00:00Z' }),
  );

function toDate(text: string): Date {
  const isLocal = text.includes('T') && !/(Z|[+-]\d\d(:?\d\d)?)$/.test(text);
  return new Date(isLocal ? `${text}Z` : text);
}

/** A number in a query. */
export const NumberInput = () =>
  Transform(({ obj, key }: RawInput) => {
    const value = obj[key];
    return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  });

type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;
type CamelCased<T> = { [K in keyof T as CamelCase<K & string>]: T[K] };

/**
 * A DTO in the domain's terms: camelCase names, without the tenant (which is the caller's), without what was not sent.
 */
export function toInput<T extends object>(dto: T): CamelCased<Omit<T, 'org_id' | 'env_id'>> {
  const entries = Object.entries(dto).filter(
    ([name, value]) => value !== undefined && name !== 'org_id' && name !== 'env_id',
  );
  const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(entries.map(([name, value]) => [camelCase(name), value])) as CamelCased<
    Omit<T, 'org_id' | 'env_id'>
  >;
}

/** {@link toInput} for an update, which must change something. @throws ApiError `no_fields` */
export function toChanges<T extends object>(dto: T): CamelCased<Omit<T, 'org_id' | 'env_id'>> {
  const changes = toInput(dto);
  if (Object.keys(changes).length === 0) throw new ApiError('no_fields');
  return changes;
}
