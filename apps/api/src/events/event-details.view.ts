import { parse } from 'node:querystring';
import { ApiProperty } from '@nestjs/swagger';
import { type DeliverySummary, type Explanation } from '#libs/deliveries';
import { bodyText, type EventPayload, type EventSummary } from '#libs/events';
import { WireId, WireNullableDate, WireNullableInteger, WireNullableText } from '../http/output.js';
import { ExplanationView } from './explanation.view.js';
import { eventFields, EventView } from './event.view.js';

class EventDeliveryView {
  @WireId('Its id: 32 hex digits')
  id: string;

  @WireId('Connection that took the event')
  connection_id: string;

  @WireNullableText('Its name; null once it is deleted', 'Orders to the backend')
  connection_name: string | null;

  @WireId('Where the event goes')
  destination_id: string;

  @WireNullableText('Its name; null once it is deleted', 'Backend API')
  destination_name: string | null;

  @ApiProperty({
    description: '`waiting`, `queued`, `retrying`, `delivered`, `dead` or `cancelled`',
    example: 'retrying',
  })
  status: string;

  @WireNullableText('Why it is not delivered', 'response_5xx')
  cause: string | null;

  @ApiProperty({ type: 'integer', description: 'Tries so far', example: 1 })
  attempts: number;

  @WireNullableDate('When it is tried again')
  next_retry_at: Date | null;

  static of(delivery: DeliverySummary): EventDeliveryView {
    return Object.assign(new EventDeliveryView(), {
      id: delivery.id,
      connection_id: delivery.connection_id,
      connection_name: delivery.connection_name,
      destination_id: delivery.destination_id,
      destination_name: delivery.destination_name,
      status: delivery.state,
      cause: delivery.cause,
      attempts: delivery.attempts,
      next_retry_at: delivery.next_retry_at,
    });
  }
}

class IgnoredView {
  @WireId('Connection that did not take the event')
  connection_id: string;

  @ApiProperty({ description: '`filtered`, `connection_disabled` or `destination_disabled`', example: 'filtered' })
  cause: string;

  @WireNullableInteger('Index of the first filter rule that failed, when filtered', 0)
  rule: number | null;
}

/** A single event: with its payload, and what became of it. */
export class EventDetailsView extends EventView {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Headers as received, names in lower case',
    example: { 'content-type': 'application/json' },
  })
  headers: Record<string, string>;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Query parameters; an array for one that was repeated',
    example: { topic: 'orders' },
  })
  query_params: Record<string, string | string[]>;

  @ApiProperty({ description: 'The body as received; base64 when it is not text', example: '{"id":1}' })
  payload: string;

  @ApiProperty({ enum: ['utf8', 'base64'], description: 'How `payload` is written', example: 'utf8' })
  payload_encoding: 'utf8' | 'base64';

  @WireNullableText('The same as `payload`', '{"id":1}')
  payload_inline: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Always null: payloads are stored with the event',
    example: null,
  })
  payload_ref: string | null;

  @WireNullableText('How it does not fit the schema of its source', '/total must be number')
  verification_error: string | null;

  @WireNullableText('What duplicates are recognised by', '9f86d081884c7d65…')
  dedup_hash: string | null;

  @WireNullableText('Topic it was published to', 'orders')
  topic: string | null;

  @ApiProperty({ type: [EventDeliveryView], description: 'Its deliveries, one for each connection that took it' })
  deliveries: EventDeliveryView[];

  @ApiProperty({ type: [IgnoredView], description: 'Connections that did not take it' })
  ignored: IgnoredView[];

  @ApiProperty({
    type: [ExplanationView],
    description: 'What happened over every connection that was considered, and why; by connection, oldest first',
  })
  explanation: ExplanationView[];

  /** @param payload null when it is gone */
  static override of(
    event: EventSummary,
    payload: EventPayload | null = null,
    deliveries: DeliverySummary[] = [],
    explanations: Explanation[] = [],
  ): EventDetailsView {
    const { bodyText: text = null, bodyBytes = null } = payload ?? {};
    const bytes = bodyBytes && Buffer.from(bodyBytes);
    const shown = bodyText({ text, bytes });
    return Object.assign(new EventDetailsView(), {
      ...eventFields(event),
      headers: JSON.parse(payload?.headers ?? '{}') as Record<string, string>,
      query_params: parse(payload?.query ?? '') as Record<string, string | string[]>,
      payload: shown,
      payload_encoding: bytes ? ('base64' as const) : ('utf8' as const),
      payload_inline: shown,
      payload_ref: null,
      verification_error: event.verification_error,
      dedup_hash: event.dedup_hash,
      topic: null,
      deliveries: deliveries.map((delivery) => EventDeliveryView.of(delivery)),
      ignored: ignoredConnections(event),
      explanation: explanations.map((explanation) => ExplanationView.of(explanation)),
    });
  }
}

function ignoredConnections({ ignored }: EventSummary): IgnoredView[] {
  return Object.entries(ignored ?? {}).map(([connection_id, { cause, rule = null }]) =>
    Object.assign(new IgnoredView(), { connection_id, cause, rule }),
  );
}

export class EventResponse {
  @ApiProperty({ description: 'The event' })
  event: EventDetailsView;
}
