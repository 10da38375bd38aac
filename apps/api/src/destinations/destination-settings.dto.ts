import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsNumber, IsString, Max, Min } from 'class-validator';
import {
  AUTH_TYPES,
  type AuthType,
  DESTINATION_STATUSES,
  type DestinationStatus,
  HTTP_METHODS,
  type HttpMethod,
} from '#libs/destinations';
import { ApiError } from '#libs/errors';
import { AliasInput, Check, JsonInput, Nullable, Optional } from '../http/input.js';
import { DeliverySettings } from './delivery-settings.dto.js';

const MAX_TIMEOUT_SECONDS = 120;

const IsStringMap = () =>
  Check(
    'isStringMap',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every((item) => typeof item === 'string'),
    'must be an object of strings',
  );

/** Type http has none; null and `{}`, as clients may send them, say so too. */
const NoProviderConfig = (description: string) =>
  applyDecorators(
    ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true, description, example: null }),
    Transform(({ value }: { value: unknown }) => (isEmptyObject(value) ? null : value)),
    Nullable(),
    Check('isUnused', () => false, 'is not used by destinations of type http'),
  );

/** What can be set of a destination at any time. */
export abstract class DestinationSettings extends DeliverySettings {
  @ApiPropertyOptional({
    enum: DESTINATION_STATUSES,
    description: 'Deliveries to a paused destination wait, those to a disabled one end',
    default: 'active',
    example: 'active',
  })
  @Optional()
  @IsIn(DESTINATION_STATUSES)
  status?: DestinationStatus;

  @ApiPropertyOptional({
    description: 'Where deliveries are sent; needed for type http',
    example: 'https://api.example.com/webhooks',
  })
  @Optional()
  @IsString()
  url?: string;

  @ApiPropertyOptional({ enum: HTTP_METHODS, description: 'HTTP method', default: 'POST', example: 'POST' })
  @Optional()
  @IsIn(HTTP_METHODS)
  method?: HttpMethod;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    description:
      'Headers to send with every delivery. Shown as they are: a secret belongs in `auth_config`, which is sealed',
    example: { 'X-Custom': 'value' },
  })
  @Nullable()
  @JsonInput()
  @IsStringMap()
  headers?: Record<string, string> | null;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Milliseconds after which a try is given up',
    minimum: 1,
    maximum: MAX_TIMEOUT_SECONDS * 1000,
    default: 30_000,
    example: 30_000,
  })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(MAX_TIMEOUT_SECONDS * 1000)
  timeout_ms?: number;

  @ApiPropertyOptional({
    description: 'Alias of `timeout_ms`, in seconds',
    minimum: 0.001,
    maximum: MAX_TIMEOUT_SECONDS,
    example: 30,
  })
  @Optional()
  @IsNumber()
  @Min(0.001)
  @Max(MAX_TIMEOUT_SECONDS)
  timeout?: number;

  @ApiPropertyOptional({
    enum: AUTH_TYPES,
    description: 'How deliveries authenticate; `bearer` is an alias of `bearer_token`',
    default: 'none',
    example: 'bearer_token',
  })
  @Optional()
  @AliasInput({ bearer: 'bearer_token' })
  @IsIn(AUTH_TYPES)
  auth_type?: AuthType;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    description:
      '`{token}` for bearer_token, `{username, password}` for basic, `{header, value}` for api_key. Stored encrypted, ' +
      'shown masked; a masked value that is sent back leaves the secret as it is',
    example: { token: 'a-long-random-secret' },
  })
  @Nullable()
  @JsonInput()
  @IsStringMap()
  auth_config?: Record<string, string> | null;

  @NoProviderConfig('Of types other than http')
  provider_config?: null;

  @NoProviderConfig('Alias of `provider_config`')
  config?: null;
}

/**
 * Writes `timeout` as `timeout_ms` and leaves out what has been checked to be empty.
 *
 * @throws ApiError `invalid_body` when both are there
 */
export function withoutAliases<T extends DestinationSettings>(
  dto: T,
): Omit<T, 'timeout' | 'provider_config' | 'config'> {
  const { timeout, timeout_ms } = dto;
  if (timeout !== undefined && timeout_ms !== undefined) {
    throw ApiError.invalidField('timeout', 'cannot stand beside timeout_ms');
  }
  return {
    ...dto,
    ...(timeout !== undefined && { timeout_ms: Math.round(timeout * 1000) }),
    timeout: undefined,
    provider_config: undefined,
    config: undefined,
  };
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
