import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import {
  BACKOFF_TYPES,
  type BackoffType,
  DEFAULT_MAX_CONCURRENCY,
  DEFAULT_RETRY_INTERVALS,
  type Ordering,
  ORDERINGS,
} from '#libs/destinations';
import { BooleanInput, Check, JsonInput, Nullable, Optional } from '../http/input.js';
import { TenantDto } from '../http/tenant.dto.js';

const MAX_INTERVALS = 20;
const MAX_INTERVAL_SECONDS = 30 * 24 * 3600;

const isInterval = (value: unknown) => typeof value === 'number' && value >= 0 && value <= MAX_INTERVAL_SECONDS;

const IsRetryIntervals = () =>
  Check(
    'isRetryIntervals',
    (value) => Array.isArray(value) && value.length > 0 && value.length <= MAX_INTERVALS && value.every(isInterval),
    `must be an array of 1 to ${MAX_INTERVALS} numbers of seconds, each from 0 to ${MAX_INTERVAL_SECONDS}`,
  );

/** What happens when deliveries to a destination fail. */
export abstract class DeliverySettings extends TenantDto {
  @ApiPropertyOptional({ description: 'Whether a failed delivery is tried again', default: true, example: true })
  @Optional()
  @BooleanInput()
  retry_enabled?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Retries after the first try',
    minimum: 1,
    maximum: 10,
    default: 5,
    example: 5,
  })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(10)
  retry_max_attempts?: number;

  @ApiPropertyOptional({
    enum: BACKOFF_TYPES,
    description:
      '`exponential` waits the nth interval before the nth retry and reuses the last one, `linear` waits the first ' +
      'interval times n, `fixed` always waits the first',
    default: 'exponential',
    example: 'exponential',
  })
  @Optional()
  @IsIn(BACKOFF_TYPES)
  retry_backoff_type?: BackoffType;

  @ApiPropertyOptional({
    type: [Number],
    description: `1 to ${MAX_INTERVALS} delays in seconds, each from 0 to ${MAX_INTERVAL_SECONDS}; fractions are allowed`,
    default: DEFAULT_RETRY_INTERVALS,
    example: DEFAULT_RETRY_INTERVALS,
  })
  @Optional()
  @JsonInput()
  @IsRetryIntervals()
  retry_intervals?: number[];

  @ApiPropertyOptional({
    description: 'Whether deliveries pause after failures in a row',
    default: true,
    example: true,
  })
  @Optional()
  @BooleanInput()
  circuit_breaker_enabled?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Failures in a row that open the circuit',
    minimum: 1,
    maximum: 1000,
    default: 5,
    example: 5,
  })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1000)
  circuit_breaker_threshold?: number;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Milliseconds until an open circuit lets one delivery through',
    minimum: 100,
    maximum: 86_400_000,
    default: 60_000,
    example: 60_000,
  })
  @Optional()
  @IsInt()
  @Min(100)
  @Max(86_400_000)
  circuit_breaker_reset_ms?: number;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Sends at the same time. Redis keeps up to 128 of a destination in a compact form',
    minimum: 1,
    maximum: 1000,
    default: DEFAULT_MAX_CONCURRENCY,
    example: DEFAULT_MAX_CONCURRENCY,
  })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1000)
  max_concurrency?: number;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    description: 'Sends that may start in a second; `null` for no limit',
    minimum: 1,
    maximum: 10_000,
    default: null,
    example: 50,
  })
  @Nullable()
  @IsInt()
  @Min(1)
  @Max(10_000)
  rate_limit_per_second?: number | null;

  @ApiPropertyOptional({
    enum: ORDERINGS,
    description:
      '`fifo` sends one delivery at a time, in the order in which events were accepted; a delivery that fails holds up ' +
      'those behind it until it is delivered or given up',
    default: 'none',
    example: 'none',
  })
  @Optional()
  @IsIn(ORDERINGS)
  ordering?: Ordering;
}
