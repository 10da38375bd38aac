import { ApiProperty } from '@nestjs/swagger';
import { type Circuit } from '#libs/destinations';
import { WireId, WireNullableDate } from '../http/output.js';

const STATES = ['closed', 'open', 'half_open'];

/** The same in the words of the command line. */
class CircuitSummaryView {
  @ApiProperty({ enum: STATES, description: 'State of the circuit', example: 'open' })
  circuit_state: string;

  @ApiProperty({ type: 'integer', description: 'Failures in a row', example: 5 })
  failure_count: number;

  @WireNullableDate('When the circuit opened')
  opened_at: Date | null;

  @ApiProperty({ type: 'integer', description: 'Failed deliveries that wait for their next try', example: 12 })
  pending_retries: number;
}

/** The circuit breaker of a destination as answers show it. */
export class CircuitView {
  @WireId('Id of the destination')
  destination_id: string;

  @ApiProperty({
    enum: STATES,
    description: 'Deliveries are sent while `closed`, wait while `open`; `half_open` lets a single one through',
    example: 'open',
  })
  state: string;

  @ApiProperty({ type: 'integer', description: 'Failures in a row', example: 5 })
  failure_count: number;

  @WireNullableDate('When the last delivery failed')
  last_failure_at: Date | null;

  @WireNullableDate('When the circuit opened')
  opened_at: Date | null;

  @ApiProperty({ description: 'The same, and how much waits' })
  circuit: CircuitSummaryView;

  static of(destinationId: string, circuit: Circuit): CircuitView {
    const { state, failureCount: failure_count, openedAt: opened_at, lastFailureAt: last_failure_at } = circuit;
    return Object.assign(new CircuitView(), {
      ...{ destination_id: destinationId, state, failure_count, last_failure_at, opened_at },
      circuit: Object.assign(new CircuitSummaryView(), {
        ...{ circuit_state: state, failure_count, opened_at },
        pending_retries: circuit.pendingRetries,
      }),
    });
  }
}
