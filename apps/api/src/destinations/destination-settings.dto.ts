import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsNumber, IsString, Max, Min } from 'class-validator';
import { DESTINATION_STATUSES, type DestinationStatus, HTTP_METHODS, type HttpMethod } from '#libs/destinations';
import { ApiError } from '#libs/errors';
import { JsonInput, Nullable, Optional } from '../http/input.js';
import { DestinationCredentials, IsStringMap } from './destination-credentials.dto.js';

const MAX_TIMEOUT_SECONDS = 120;

/** What can be set of a destination at any time. */
export abstract class DestinationSettings extends DestinationCredentials {
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
}

/**
 * Writes `timeout` as `timeout_ms` and `config` as `provider_config`.
 *
 * @throws ApiError `invalid_body` when an alias stands beside what it means
 */
export function withoutAliases<T extends DestinationSettings>(dto: T): Omit<T, 'timeout' | 'config'> {
  const { timeout, timeout_ms, config, provider_config } = dto;
  if (timeout !== undefined && timeout_ms !== undefined) {
    throw ApiError.invalidField('timeout', 'cannot stand beside timeout_ms');
  }
  if (config !== undefined && provider_config !== undefined && !isEmpty(config) && !isEmpty(provider_config)) {
    throw ApiError.invalidField('config', 'cannot stand beside provider_config');
  }
  return {
    ...dto,
    ...(timeout !== undefined && { timeout_ms: Math.round(timeout * 1000) }),
    ...(config !== undefined && isEmpty(provider_config) && { provider_config: config }),
    timeout: undefined,
    config: undefined,
  };
}

function isEmpty(config: object | null | undefined): boolean {
  return !config || Object.keys(config).length === 0;
}
