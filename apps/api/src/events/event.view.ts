import { ApiProperty } from '@nestjs/swagger';
import { type EventSummary } from '#libs/events';
import { WireDate, WireId, WireNullableText } from '../http/output.js';
import { OwnedView } from '../http/resource.view.js';
import { PaginationView } from '../http/search.dto.js';

/** An event as lists show it. */
export class EventView extends OwnedView {
  @WireId('Where it was received')
  source_id: string;

  @WireNullableText('Name of the source', 'GitHub')
  source_name: string | null;

  @WireNullableText('Slug of the source', 'github')
  source_slug: string | null;

  @ApiProperty({ description: 'HTTP method it was sent with', example: 'POST' })
  method: string;

  @WireNullableText('Its Content-Type header', 'application/json')
  content_type: string | null;

  @WireNullableText('Address of the sender', '192.0.2.10')
  source_ip: string | null;

  @ApiProperty({ type: 'integer', description: 'Size of the body in bytes', example: 512 })
  payload_size: number;

  @ApiProperty({
    description: '`verified`, `schema_invalid`, or `skipped` when the source does not verify',
    example: 'verified',
  })
  verification_status: string;

  @ApiProperty({ description: '`unique` or `duplicate`', example: 'unique' })
  dedup_status: string;

  @ApiProperty({
    description: '`received`, `processing`, `delivered` or `failed`; `received` also when no connection took it',
    example: 'delivered',
  })
  status: string;

  @WireDate('When it was stored')
  received_at: Date;

  static of(event: EventSummary): EventView {
    return Object.assign(new EventView(), eventFields(event));
  }
}

/** The fields of an {@link EventView}. */
export function eventFields(event: EventSummary): EventView {
  return {
    id: event.id,
    org_id: event.organization_id,
    env_id: event.environment_id,
    source_id: event.source_id,
    source_name: event.source_name,
    source_slug: event.source_slug,
    method: event.method,
    content_type: event.content_type,
    source_ip: event.source_ip,
    payload_size: event.payload_bytes,
    verification_status: event.verification_status,
    dedup_status: event.dedup_status,
    status: event.status,
    received_at: event.received_at,
  };
}

export class EventsResponse {
  @ApiProperty({ type: [EventView], description: 'Newest first' })
  events: EventView[];

  @ApiProperty({ description: 'Where in the list this is' })
  pagination: PaginationView;
}
