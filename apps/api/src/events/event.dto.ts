import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { EVENT_STATUSES, type EventStatus } from '#libs/events';
import { DateInput, IdInput, Optional } from '../http/input.js';
import { EXAMPLE_ID } from '../http/output.js';
import { SearchQuery } from '../http/search.dto.js';

export class ListEventsQuery extends SearchQuery {
  @ApiPropertyOptional({ description: 'Only events of this source', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  source_id?: string;

  @ApiPropertyOptional({ enum: EVENT_STATUSES, description: 'Only events with this status', example: 'failed' })
  @Optional()
  @IsIn(EVENT_STATUSES)
  status?: EventStatus;

  @ApiPropertyOptional({ description: 'Only events with this verification status', example: 'verified' })
  @Optional()
  @IsString()
  verification_status?: string;

  @ApiPropertyOptional({ description: 'Only events with this deduplication status', example: 'unique' })
  @Optional()
  @IsString()
  dedup_status?: string;

  @ApiPropertyOptional({ description: 'Only events sent with this HTTP method', example: 'POST' })
  @Optional()
  @IsString()
  method?: string;

  @ApiPropertyOptional({
    description: 'Only events whose id starts with this text, or whose payload contains it',
    maxLength: 200,
    example: 'order_1234',
  })
  @Optional()
  @IsString()
  @MaxLength(200)
  search?: string;

  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    description: 'Only events received at this time or later; UTC when it does not say',
    example: '2026-03-01T00:00:00Z',
  })
  @Optional()
  @DateInput()
  after?: Date;

  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    description: 'Only events received before this time; UTC when it does not say',
    example: '2026-03-02T00:00:00Z',
  })
  @Optional()
  @DateInput()
  before?: Date;
}
