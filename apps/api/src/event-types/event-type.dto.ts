import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { EVENT_TYPE_NAME, EVENT_TYPE_STATUSES, type EventTypeStatus, isEventTypeName } from '#libs/outbound';
import { Check, IsObjectInput, Nullable, Optional } from '../http/input.js';
import { LongListQuery } from '../http/list.dto.js';
import { ShownAs } from '../http/read-only-fields.js';
import { TenantDto } from '../http/tenant.dto.js';
import { SampleFields } from '../openapi/sample-fields.js';
import { EventTypeView } from './event-type.view.js';

const IsEventTypeName = () =>
  Check(
    'isEventTypeName',
    (value) => typeof value === 'string' && isEventTypeName(value),
    'must be words with dots between them, such as invoice.paid, and at most 200 characters',
  );

/** What can be set of an event type at any time. */
abstract class EventTypeSettings extends TenantDto {
  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    description: 'Your own words about it; nothing here reads them',
    example: 'An invoice was paid',
  })
  @Nullable()
  @IsString()
  @MaxLength(1000)
  description?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description:
      'JSON Schema that payloads must fit, as an object or a string of JSON: draft 7, or 4, 6, 2019-09 or 2020-12 when ' +
      '`$schema` says so; patterns in RE2 syntax, no references to other documents',
    example: { type: 'object', required: ['id'] },
  })
  @Nullable()
  @IsObjectInput()
  json_schema?: Record<string, unknown> | null;
}

@SampleFields('description', 'json_schema')
export class CreateEventTypeDto extends EventTypeSettings {
  @ApiProperty({
    description: 'Dot notation, unique within the environment; cannot be changed',
    pattern: EVENT_TYPE_NAME.source,
    maxLength: 200,
    example: 'invoice.paid',
  })
  @IsEventTypeName()
  name: string;
}

@ShownAs(EventTypeView)
@SampleFields('description')
export class UpdateEventTypeDto extends EventTypeSettings {
  @ApiPropertyOptional({ description: 'Cannot be changed', pattern: EVENT_TYPE_NAME.source, example: 'invoice.paid' })
  @Optional()
  @IsString()
  name?: string;

  @ApiPropertyOptional({
    enum: EVENT_TYPE_STATUSES,
    description: 'Messages of an archived event type are refused',
    example: 'active',
  })
  @Optional()
  @IsIn(EVENT_TYPE_STATUSES)
  status?: EventTypeStatus;
}

export class ListEventTypesQuery extends LongListQuery {
  @ApiPropertyOptional({
    enum: EVENT_TYPE_STATUSES,
    description: 'Only event types with this status',
    example: 'active',
  })
  @Optional()
  @IsIn(EVENT_TYPE_STATUSES)
  status?: EventTypeStatus;
}
