import { ApiProperty } from '@nestjs/swagger';
import { type AttemptRow } from '#libs/deliveries';
import {
  WireBoolean,
  WireDate,
  WireId,
  WireNullableDate,
  WireNullableInteger,
  WireNullableText,
} from '../http/output.js';
import { OwnedView } from '../http/resource.view.js';
import { PaginationView } from '../http/search.dto.js';

/** One try of a delivery as answers show it. */
export class DeliveryAttemptView extends OwnedView {
  @WireId('Delivery that it is a try of')
  delivery_id: string;

  @WireId('Event that was sent')
  event_id: string;

  @WireId('Connection it went over; zeros for a test, whose event and delivery are not kept either')
  connection_id: string;

  @WireNullableText('Name of the connection; null once it is deleted', 'Orders to the backend')
  connection_name: string | null;

  @WireId('Where it was sent')
  destination_id: string;

  @WireNullableText('Name of the destination; null once it is deleted', 'Backend API')
  destination_name: string | null;

  @ApiProperty({ type: 'integer', description: 'Number of this try, from 1', example: 1 })
  attempt_number: number;

  @ApiProperty({
    description:
      '`event` for the first try, `retry` for one of the retry policy, `manual` for one that was asked for, `replay` for ' +
      'the first of a replay, `test` for a sample event',
    example: 'event',
  })
  trigger_type: string;

  @ApiProperty({
    description: '`success`, `failed` (answered, but not 2xx), `timeout`, or `error` (no answer)',
    example: 'failed',
  })
  status: string;

  @WireNullableText('Why it failed, for programs', 'response_5xx')
  cause: string | null;

  @WireNullableText('Why it failed, for people', 'The destination answered 503.')
  error: string | null;

  @ApiProperty({ description: 'URL it was sent to', example: 'https://api.example.com/webhooks' })
  request_url: string;

  @ApiProperty({ description: 'HTTP method', example: 'POST' })
  request_method: string;

  @WireNullableText('Object of headers sent, as JSON; secrets are masked', '{"content-type":"application/json"}')
  request_headers: string | null;

  @ApiProperty({ type: 'integer', description: 'Size of the body in bytes', example: 512 })
  request_body_size: number;

  @WireNullableInteger('Status code of the answer', 503)
  response_status: number | null;

  @WireNullableText('Object of headers received, as JSON', '{"content-type":"text/plain"}')
  response_headers: string | null;

  @WireNullableText('First 16 KiB of the answer', 'Service Unavailable')
  response_body: string | null;

  @WireNullableInteger('How long it took, in milliseconds', 120)
  duration_ms: number | null;

  @WireNullableDate('When the delivery is tried again')
  next_retry_at: Date | null;

  @WireBoolean({ description: 'Whether the delivery was given up after this try' })
  is_dlq: boolean;

  @WireNullableDate('When it was given up')
  dlq_at: Date | null;

  @WireDate('When the try started')
  created_at: Date;

  /** @param organizationId of the caller, whose attempt it is */
  static of(attempt: AttemptRow, organizationId: string): DeliveryAttemptView {
    return Object.assign(new DeliveryAttemptView(), {
      id: attempt.id,
      org_id: organizationId,
      env_id: attempt.environment_id,
      delivery_id: attempt.delivery_id,
      event_id: attempt.event_id,
      connection_id: attempt.connection_id,
      connection_name: attempt.connection_name,
      destination_id: attempt.destination_id,
      destination_name: attempt.destination_name,
      attempt_number: attempt.number,
      trigger_type: attempt.trigger_type,
      status: attempt.status,
      cause: attempt.cause,
      error: attempt.error,
      request_url: attempt.request_url,
      request_method: attempt.request_method,
      request_headers: attempt.request_headers,
      request_body_size: attempt.request_body_bytes,
      response_status: attempt.response_status,
      response_headers: attempt.response_headers,
      response_body: attempt.response_body,
      duration_ms: attempt.duration_ms,
      next_retry_at: attempt.next_retry_at,
      is_dlq: attempt.is_dead_letter,
      dlq_at: attempt.is_dead_letter ? attempt.created_at : null,
      created_at: attempt.created_at,
    });
  }
}

export class DeliveryAttemptResponse {
  @ApiProperty({ description: 'The attempt' })
  delivery_attempt: DeliveryAttemptView;
}

export class DeliveryAttemptsResponse {
  @ApiProperty({ type: [DeliveryAttemptView], description: 'Newest first' })
  delivery_attempts: DeliveryAttemptView[];

  @ApiProperty({ description: 'Where in the list this is' })
  pagination: PaginationView;
}
