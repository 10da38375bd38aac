import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsIn, IsString, MaxLength } from 'class-validator';
import { CONNECTION_STATUSES, type ConnectionStatus } from '#libs/routing';
import { BooleanInput, IdInput, JsonInput, Nullable, Optional } from '../http/input.js';
import { ListQuery } from '../http/list.dto.js';
import { IsName } from '../http/name.js';
import { EXAMPLE_ID } from '../http/output.js';
import { ShownAs } from '../http/read-only-fields.js';
import { TenantDto } from '../http/tenant.dto.js';
import { SampleFields } from '../openapi/sample-fields.js';
import { ConnectionView } from './connection.view.js';

/** What can be set of a connection at any time. */
abstract class ConnectionSettings extends TenantDto {
  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    description: 'Your own words about it; nothing here reads them',
    example: 'Paid orders only',
  })
  @Nullable()
  @IsString()
  @MaxLength(1000)
  description?: string | null;

  @ApiPropertyOptional({ description: 'Whether events are routed over it', default: true, example: true })
  @Optional()
  @BooleanInput()
  enabled?: boolean;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    nullable: true,
    description:
      'An event is routed when it passes all rules `{field, op, value}`. Fields: `payload.<path>`, `headers.<name>`, ' +
      '`method`, `content_type`, `source_ip`. Ops: eq, neq, contains, gt, gte, lt, lte, exists, in, not_in, ' +
      'starts_with, ends_with, regex. A rule may also be `{any: […]}`, `{all: […]}` or `{not: {…}}`. Null: no filter',
    example: [{ field: 'payload.type', op: 'eq', value: 'order.paid' }],
  })
  @Nullable()
  @JsonInput()
  @IsArray()
  filter_rules?: unknown[] | null;

  @ApiPropertyOptional({
    description: 'Whether `transform_expression` is applied to the body',
    default: false,
    example: true,
  })
  @Optional()
  @BooleanInput()
  transform_enabled?: boolean;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    description: 'JSONata expression over the body; what it yields is sent instead',
    example: '{"id": order.id}',
  })
  @Nullable()
  @IsString()
  transform_expression?: string | null;

  @ApiPropertyOptional({
    enum: CONNECTION_STATUSES,
    description:
      'Over a paused connection events are held until it is active again, over a disabled one none is routed',
    default: 'active',
    example: 'active',
  })
  @Optional()
  @IsIn(CONNECTION_STATUSES)
  status?: ConnectionStatus;
}

@ShownAs(ConnectionView)
@SampleFields('filter_rules')
export class CreateConnectionDto extends ConnectionSettings {
  @ApiProperty({ description: 'Id of the source that events come from', example: EXAMPLE_ID })
  @IdInput()
  source_id: string;

  @ApiProperty({ description: 'Id of the destination that they go to', example: EXAMPLE_ID })
  @IdInput()
  destination_id: string;

  @ApiProperty({ description: 'Display name', example: 'Orders to the backend' })
  @IsName()
  name: string;
}

@ShownAs(ConnectionView)
@SampleFields('filter_rules', 'enabled')
export class UpdateConnectionDto extends ConnectionSettings {
  @ApiPropertyOptional({ description: 'Display name', example: 'Orders to the backend' })
  @Optional()
  @IsName()
  name?: string;

  @ApiPropertyOptional({
    description: 'Id of the source that events come from; cannot be changed',
    example: EXAMPLE_ID,
  })
  @Optional()
  @IdInput()
  source_id?: string;

  @ApiPropertyOptional({ description: 'Id of the destination that they go to; cannot be changed', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  destination_id?: string;
}

export class ListConnectionsQuery extends ListQuery {
  @ApiPropertyOptional({
    enum: CONNECTION_STATUSES,
    description: 'Only connections with this status',
    example: 'active',
  })
  @Optional()
  @IsIn(CONNECTION_STATUSES)
  status?: ConnectionStatus;

  @ApiPropertyOptional({ description: 'Only connections from this source', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  source_id?: string;

  @ApiPropertyOptional({ description: 'Only connections to this destination', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  destination_id?: string;
}
