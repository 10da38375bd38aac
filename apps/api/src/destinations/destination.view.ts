import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { DEFAULT_RETRY_INTERVALS, type Destination, type MaskedSettings } from '#libs/destinations';
import { ListView } from '../http/list.dto.js';
import { WireBoolean, WireJson, WireNullableDate } from '../http/output.js';
import { resourceFields, ResourceView } from '../http/resource.view.js';

/** A destination as answers show it. */
export class DestinationView extends ResourceView {
  @ApiProperty({ description: 'Unique within the environment', example: 'backend-api' })
  slug: string;

  @ApiProperty({ description: 'What it delivers to', example: 'http' })
  type: string;

  @ApiProperty({ description: '`active`, `paused` or `disabled`', example: 'active' })
  status: string;

  @ApiProperty({
    description: 'Where deliveries are sent; empty for types other than http',
    example: 'https://api.example.com/webhooks',
  })
  url: string;

  @ApiProperty({ description: 'HTTP method', example: 'POST' })
  method: string;

  @WireJson({
    description: 'Object of headers sent with every delivery, as they were set',
    example: '{"X-Custom":"v"}',
  })
  headers: Record<string, string> | null;

  @ApiProperty({ type: 'integer', description: 'Milliseconds after which a try is given up', example: 30_000 })
  timeout_ms: number;

  @ApiProperty({ description: 'How deliveries authenticate', example: 'bearer_token' })
  auth_type: string;

  @WireJson({
    description: 'Object with secrets masked to their last four characters',
    example: '{"token":"****cret"}',
  })
  auth_config: Record<string, string> | null;

  @WireJson({
    description: 'Object that says how deliveries are signed, its secret masked',
    example: '{"secret":"****cret","algorithm":"sha256"}',
  })
  signing_config: object | null;

  @WireJson({
    description: 'Object of settings that depend on the type, with secrets masked',
    example: '{"queue_url":"https://sqs.eu-central-1.amazonaws.com/1/q","secret_access_key":"****EKEY"}',
  })
  provider_config: Record<string, string> | null;

  @WireBoolean({ description: 'Whether a failed delivery is tried again' })
  retry_enabled: boolean;

  @ApiProperty({ type: 'integer', description: 'Retries after the first try', example: 5 })
  retry_max_attempts: number;

  @ApiProperty({ description: '`exponential`, `linear` or `fixed`', example: 'exponential' })
  retry_backoff_type: string;

  @WireJson({ description: 'Array of delays in seconds', example: JSON.stringify(DEFAULT_RETRY_INTERVALS) })
  retry_intervals: number[];

  @WireBoolean({ description: 'Whether deliveries pause after failures in a row' })
  circuit_breaker_enabled: boolean;

  @ApiProperty({ type: 'integer', description: 'Failures in a row that open the circuit', example: 5 })
  circuit_breaker_threshold: number;

  @ApiProperty({
    type: 'integer',
    description: 'Milliseconds until an open circuit lets one delivery through',
    example: 60_000,
  })
  circuit_breaker_reset_ms: number;

  @ApiProperty({ type: 'integer', description: 'Sends at the same time', example: 100 })
  max_concurrency: number;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Sends that may start in a second; `null` for no limit',
    example: 50,
  })
  rate_limit_per_second: number | null;

  @ApiProperty({ description: '`none` or `fifo`', example: 'none' })
  ordering: string;

  @ApiProperty({ type: 'integer', description: 'Events delivered; a few seconds behind', example: 892 })
  event_count: number;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'The same as `event_count`; only when a single destination is read',
    example: 892,
  })
  delivery_count?: number;

  @WireNullableDate('When the last event was delivered')
  last_delivery_at: Date | null;

  static of(destination: Destination, masked: MaskedSettings): DestinationView {
    return Object.assign(new DestinationView(), {
      ...resourceFields(destination),
      slug: destination.slug,
      type: destination.type,
      status: destination.status,
      url: destination.url,
      method: destination.method,
      headers: destination.headers ?? null,
      timeout_ms: destination.timeoutMs,
      auth_type: destination.authType,
      auth_config: masked.authConfig,
      signing_config: masked.signingConfig,
      provider_config: masked.providerConfig,
      retry_enabled: destination.retryEnabled,
      retry_max_attempts: destination.retryMaxAttempts,
      retry_backoff_type: destination.retryBackoffType,
      retry_intervals: destination.retryIntervals,
      circuit_breaker_enabled: destination.circuitBreakerEnabled,
      circuit_breaker_threshold: destination.circuitBreakerThreshold,
      circuit_breaker_reset_ms: destination.circuitBreakerResetMs,
      max_concurrency: destination.maxConcurrency,
      rate_limit_per_second: destination.rateLimitPerSecond ?? null,
      ordering: destination.ordering,
      event_count: destination.eventCount,
      last_delivery_at: destination.lastDeliveryAt ?? null,
    });
  }
}

export class DestinationResponse {
  @ApiProperty({ description: 'The destination' })
  destination: DestinationView;
}

export class DestinationsResponse extends ListView {
  @ApiProperty({ type: [DestinationView], description: 'Newest first' })
  destinations: DestinationView[];
}
