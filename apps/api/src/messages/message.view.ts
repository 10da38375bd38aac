import { ApiProperty } from '@nestjs/swagger';
import { type Page } from '#libs/database';
import { type MessageAttempt } from '#libs/deliveries';
import { type Message } from '#libs/outbound';
import { type Principal } from '#libs/tenancy';
import { ListView } from '../http/list.dto.js';
import { WireDate, WireId, WireJson, WireNullableDate, WireNullableInteger, WireNullableText } from '../http/output.js';
import { OwnedView } from '../http/resource.view.js';

/** A message as answers show it. */
export class MessageView extends OwnedView {
  @WireId('Application it was sent to')
  application_id: string;

  @ApiProperty({ description: 'Name of its event type', example: 'invoice.paid' })
  event_type: string;

  @WireNullableText('Your own name for it', 'inv_1:paid')
  event_id: string | null;

  @WireJson({ description: 'Array of the channels it belongs to', example: '["project-7"]' })
  channels: string[] | null;

  @WireNullableText('The body that is sent, as text; null once it is removed', '{"id":"inv_1","total":42.5}')
  payload: string | null;

  @WireNullableDate('When the payload will be removed; null when no time is set, or it is removed')
  payload_expires_at: Date | null;

  @ApiProperty({
    description:
      '`received` (no endpoint has it yet, or none takes it), `processing`, `delivered`, or `failed` when an endpoint was given up',
    example: 'delivered',
  })
  status: string;

  @WireDate('When it was posted')
  created_at: Date;

  @WireDate('When it was posted: a message does not change')
  updated_at: Date;

  static of(message: Message): MessageView {
    return Object.assign(new MessageView(), {
      id: message.id,
      org_id: message.organization_id,
      env_id: message.environment_id,
      application_id: message.application_id,
      event_type: message.event_type,
      event_id: message.event_id,
      channels: message.channels,
      payload: message.payload,
      payload_expires_at: message.payload_expires_at,
      status: message.status,
      created_at: message.created_at,
      updated_at: message.created_at,
    });
  }
}

/** One try to deliver a message to one endpoint. */
export class MessageAttemptView extends OwnedView {
  @WireId('Message that was sent')
  message_id: string;

  @WireId('Endpoint it was sent to')
  endpoint_id: string;

  @WireNullableText('URL it was sent to', 'https://acme.example.com/webhooks')
  endpoint_url: string | null;

  @ApiProperty({ type: 'integer', description: 'Number of this try at the endpoint, from 1', example: 1 })
  attempt_number: number;

  @ApiProperty({
    description:
      '`event` for the first try, `retry` for one of the retry policy, `manual` for one that was asked for, ' +
      '`recovery` for the first of the recovery of an endpoint',
    example: 'event',
  })
  trigger_type: string;

  @ApiProperty({
    description: '`success`, `failed` (answered, but not 2xx), `timeout`, or `error` (no answer)',
    example: 'failed',
  })
  status: string;

  @WireNullableText('Why it failed, for people', 'The destination answered 503.')
  error: string | null;

  @WireNullableInteger('Status code of the answer', 503)
  response_status: number | null;

  @WireNullableText('First 16 KiB of the answer', 'Service Unavailable')
  response_body: string | null;

  @WireNullableInteger('How long it took, in milliseconds', 120)
  duration_ms: number | null;

  @WireDate('When the try started')
  created_at: Date;

  /** @param organizationId of the caller, whose attempt it is */
  static of(attempt: MessageAttempt, organizationId: string): MessageAttemptView {
    return Object.assign(new MessageAttemptView(), {
      id: attempt.id,
      org_id: organizationId,
      env_id: attempt.environment_id,
      message_id: attempt.event_id,
      endpoint_id: attempt.destination_id,
      endpoint_url: attempt.request_url,
      attempt_number: attempt.number,
      trigger_type: attempt.trigger_type,
      status: attempt.status,
      error: attempt.error,
      response_status: attempt.response_status,
      response_body: attempt.response_body,
      duration_ms: attempt.duration_ms,
      created_at: attempt.created_at,
    });
  }
}

export class MessageResponse {
  @ApiProperty({ description: 'The message' })
  message: MessageView;
}

export class MessageDetailsResponse extends MessageResponse {
  @ApiProperty({ type: [MessageAttemptView], description: 'Tries to deliver it, newest first, at most 100' })
  attempts: MessageAttemptView[];
}

export class MessageAttemptsResponse extends ListView {
  @ApiProperty({ type: [MessageAttemptView], description: 'Newest first' })
  attempts: MessageAttemptView[];

  static of({ items, cursor }: Page<MessageAttempt>, { organizationId }: Principal): MessageAttemptsResponse {
    const attempts = items.map((attempt) => MessageAttemptView.of(attempt, organizationId));
    return Object.assign(new MessageAttemptsResponse(), { attempts, cursor, has_more: cursor !== null });
  }
}

export class MessagesResponse extends ListView {
  @ApiProperty({ type: [MessageView], description: 'Newest first' })
  messages: MessageView[];
}

export class MessageRetryResponse {
  @ApiProperty({ type: 'boolean', description: 'Always true', example: true })
  retried = true;
}
