import { ApiProperty } from '@nestjs/swagger';
import { type Connection } from '#libs/routing';
import { ListView } from '../http/list.dto.js';
import { WireBoolean, WireId, WireJson, WireNullableDate, WireNullableText } from '../http/output.js';
import { resourceFields, ResourceView } from '../http/resource.view.js';

/** A connection as answers show it. */
export class ConnectionView extends ResourceView {
  @WireId('Id of the source that events come from')
  source_id: string;

  @WireNullableText('Name of the source', 'GitHub')
  source_name: string | null;

  @WireId('Id of the destination that they go to')
  destination_id: string;

  @WireNullableText('Name of the destination', 'Backend API')
  destination_name: string | null;

  @WireNullableText('Your own words about it; nothing here reads them', 'Paid orders only')
  description: string | null;

  @WireBoolean({ description: 'Whether events are routed over it' })
  enabled: boolean;

  @ApiProperty({ description: '`active`, `paused` or `disabled`', example: 'active' })
  status: string;

  @WireJson({
    description: 'Array of filter rules, without aliases',
    example: '[{"field":"payload.type","op":"eq","value":"order.paid"}]',
  })
  filter_rules: unknown[] | null;

  @WireBoolean({ description: 'Whether `transform_expression` is applied to the body' })
  transform_enabled: boolean;

  @WireNullableText('JSONata expression over the body', '{"id": order.id}')
  transform_expression: string | null;

  @ApiProperty({ type: 'integer', description: 'Events routed over it; a few seconds behind', example: 1204 })
  event_count: number;

  @WireNullableDate('When the last event was routed')
  last_event_at: Date | null;

  /** @param connection with its source and destination */
  static of(connection: Connection): ConnectionView {
    return Object.assign(new ConnectionView(), {
      ...resourceFields(connection),
      source_id: connection.source.id,
      source_name: connection.source.name,
      destination_id: connection.destination.id,
      destination_name: connection.destination.name,
      description: connection.description ?? null,
      enabled: connection.enabled,
      status: connection.status,
      filter_rules: connection.filterRules ?? null,
      transform_enabled: connection.transformEnabled,
      transform_expression: connection.transformExpression ?? null,
      event_count: connection.eventCount,
      last_event_at: connection.lastEventAt ?? null,
    });
  }
}

export class ConnectionResponse {
  @ApiProperty({ description: 'The connection' })
  connection: ConnectionView;
}

export class ConnectionsResponse extends ListView {
  @ApiProperty({ type: [ConnectionView], description: 'Newest first' })
  connections: ConnectionView[];
}
