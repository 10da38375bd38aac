import { ApiProperty } from '@nestjs/swagger';
import { type EventType } from '#libs/outbound';
import { ListView } from '../http/list.dto.js';
import { WireDate, WireJson, WireNullableText } from '../http/output.js';
import { OwnedView, resourceFields } from '../http/resource.view.js';

/** An event type as answers show it. */
export class EventTypeView extends OwnedView {
  @ApiProperty({ description: 'Dot notation, unique within the environment', example: 'invoice.paid' })
  name: string;

  @WireNullableText('Your own words about it; nothing here reads them', 'An invoice was paid')
  description: string | null;

  @WireJson({ description: 'JSON Schema of its payload', example: '{"type":"object","required":["id"]}' })
  json_schema: Record<string, unknown> | null;

  @ApiProperty({ description: '`active` or `archived`', example: 'active' })
  status: string;

  @WireDate('When it was made')
  created_at: Date;

  @WireDate('When it was last changed')
  updated_at: Date;

  static of(eventType: EventType): EventTypeView {
    return Object.assign(new EventTypeView(), {
      ...resourceFields(eventType),
      description: eventType.description ?? null,
      json_schema: eventType.jsonSchema ?? null,
      status: eventType.status,
    });
  }
}

export class EventTypeResponse {
  @ApiProperty({ description: 'The event type' })
  event_type: EventTypeView;
}

export class EventTypesResponse extends ListView {
  @ApiProperty({ type: [EventTypeView], description: 'Newest first' })
  event_types: EventTypeView[];
}
