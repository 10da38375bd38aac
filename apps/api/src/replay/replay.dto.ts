import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsNotEmpty, IsString, Max, MaxLength, Min } from 'class-validator';
import { REPLAY_KINDS, REPLAY_STATUSES, type ReplayKind, type ReplayStatus } from '#libs/deliveries';
import { BooleanInput, Check, DateInput, IdInput, JsonInput, Nullable, Optional } from '../http/input.js';
import { ListQuery } from '../http/list.dto.js';
import { EXAMPLE_ID } from '../http/output.js';
import { TenantDto } from '../http/tenant.dto.js';

const isRules = (value: unknown) => typeof value === 'object' && value !== null;

export class CreateReplayDto extends TenantDto {
  @ApiProperty({ description: 'Where the events are sent again', example: EXAMPLE_ID })
  @IdInput()
  destination_id: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    description: 'Events received at this time or later; UTC when it does not say',
    example: '2026-03-01T00:00:00Z',
  })
  @DateInput()
  from: Date;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    description: 'Events received before this time; UTC when it does not say',
    example: '2026-03-02T00:00:00Z',
  })
  @DateInput()
  to: Date;

  @ApiPropertyOptional({
    description: 'Only events of this source; when left out, of all that are connected to the destination',
    example: EXAMPLE_ID,
  })
  @Optional()
  @IdInput()
  source_id?: string;

  @ApiPropertyOptional({
    description: 'Only over this connection; when left out, over each from the source to the destination',
    example: EXAMPLE_ID,
  })
  @Optional()
  @IdInput()
  connection_id?: string;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    nullable: true,
    description:
      'Only events that pass all these rules, written as `filter_rules` of a connection are; a single rule may stand alone',
    example: [{ field: 'payload.type', op: 'eq', value: 'order.paid' }],
  })
  @Nullable()
  @JsonInput()
  @Check('isRules', isRules, 'must be an array of rules, or a rule')
  filter?: unknown;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Events in a second, at most',
    minimum: 1,
    maximum: 100,
    default: 10,
    example: 10,
  })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(100)
  rate_limit = 10;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Events to send, at most; the earliest are taken',
    minimum: 1,
    maximum: 10_000,
    default: 1000,
    example: 1000,
  })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(10_000)
  max_events = 1000;

  @ApiPropertyOptional({ description: 'Only count, and make nothing', default: false, example: true })
  @Optional()
  @BooleanInput()
  dry_run?: boolean;
}

export class BulkRetryDto extends TenantDto {
  @ApiPropertyOptional({ description: 'Only dead letters for this destination', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  destination_id?: string;

  @ApiPropertyOptional({ description: 'Only dead letters of this connection', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  connection_id?: string;

  @ApiPropertyOptional({ description: 'Only dead letters of events from this source', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  source_id?: string;

  @ApiPropertyOptional({ description: 'Only dead letters with this cause', maxLength: 100, example: 'response_5xx' })
  @Optional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  cause?: string;

  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    description: 'Only of events received at this time or later; UTC when it does not say',
    example: '2026-03-01T00:00:00Z',
  })
  @Optional()
  @DateInput()
  from?: Date;

  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    description: 'Only of events received before this time; UTC when it does not say',
    example: '2026-03-02T00:00:00Z',
  })
  @Optional()
  @DateInput()
  to?: Date;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Deliveries in a second, at most',
    minimum: 1,
    maximum: 1000,
    default: 100,
    example: 100,
  })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1000)
  rate_limit = 100;

  @ApiPropertyOptional({ description: 'Only count, and change nothing', default: false, example: true })
  @Optional()
  @BooleanInput()
  dry_run?: boolean;
}

export class ListReplaysQuery extends ListQuery {
  @ApiPropertyOptional({
    enum: REPLAY_KINDS,
    description: 'Only jobs of this kind',
    example: 'replay',
  })
  @Optional()
  @IsIn(REPLAY_KINDS)
  kind?: ReplayKind;

  @ApiPropertyOptional({ enum: REPLAY_STATUSES, description: 'Only jobs with this status', example: 'running' })
  @Optional()
  @IsIn(REPLAY_STATUSES)
  status?: ReplayStatus;

  @ApiPropertyOptional({ description: 'Only jobs for this destination or endpoint', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  destination_id?: string;
}
