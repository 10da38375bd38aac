import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { ATTEMPT_STATUSES, type AttemptFilter, type AttemptStatus } from '#libs/deliveries';
import { FlagInput, IdInput, Optional } from '../http/input.js';
import { EXAMPLE_ID } from '../http/output.js';
import { SearchQuery } from '../http/search.dto.js';

const STATUSES = [...ATTEMPT_STATUSES, 'dlq'] as const;

export class ListDeliveryAttemptsQuery extends SearchQuery {
  @ApiPropertyOptional({ description: 'Only attempts to deliver this event', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  event_id?: string;

  @ApiPropertyOptional({ description: 'Only attempts over this connection', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  connection_id?: string;

  @ApiPropertyOptional({ description: 'Only attempts at this destination', example: EXAMPLE_ID })
  @Optional()
  @IdInput()
  destination_id?: string;

  @ApiPropertyOptional({
    enum: STATUSES,
    description: 'Only attempts with this status; `dlq`: after which the delivery was given up',
    example: 'failed',
  })
  @Optional()
  @IsIn(STATUSES)
  status?: AttemptStatus | 'dlq';

  @ApiPropertyOptional({
    enum: ['0', '1'],
    type: 'string',
    description: '1: only attempts after which the delivery was given up. 0: all',
    example: '1',
  })
  @Optional()
  @FlagInput()
  is_dlq?: boolean;

  /** Which attempts are asked for. */
  toFilter(): AttemptFilter {
    return {
      eventId: this.event_id,
      connectionId: this.connection_id,
      destinationId: this.destination_id,
      status: this.status === 'dlq' ? undefined : this.status,
      deadLetters: this.is_dlq || this.status === 'dlq',
    };
  }
}
