import { ApiProperty } from '@nestjs/swagger';
import { type Explanation, OUTCOMES } from '#libs/deliveries';
import { EXAMPLE_ID, WireId, WireNullableDate, WireNullableInteger, WireNullableText } from '../http/output.js';

/** What became of an event over one connection, and why. */
export class ExplanationView {
  @WireId('Connection that was considered')
  connection_id: string;

  @WireNullableText('Its name; null once it is deleted', 'Orders to the backend')
  connection_name: string | null;

  @WireNullableText('Where it leads; null when that is not known any more', EXAMPLE_ID)
  destination_id: string | null;

  @WireNullableText('Its name; null once it is deleted', 'Backend API')
  destination_name: string | null;

  @WireNullableText('The delivery; null when none was made', EXAMPLE_ID)
  delivery_id: string | null;

  @WireNullableText('The replay or bulk retry that sent it last', EXAMPLE_ID)
  replay_id: string | null;

  @WireNullableText('`event`, `manual` or `replay`: what made the delivery, or set it going again', 'event')
  trigger_type: string | null;

  @ApiProperty({
    enum: OUTCOMES,
    description:
      '`held` (its source is paused), `routing` (not decided yet), `filtered` or `ignored` (no delivery was made), or what ' +
      'became of the delivery; `delivering`: being sent right now',
    example: 'waiting',
  })
  outcome: string;

  @WireNullableText('Why, for programs', 'circuit_open')
  cause: string | null;

  @ApiProperty({
    description: 'Why, for people',
    example: 'The circuit breaker of the destination is open until 2026-03-01T12:01:00.000Z.',
  })
  detail: string;

  @WireNullableInteger('Index of the first filter rule that did not hold, when filtered', 0)
  rule: number | null;

  @WireNullableInteger('When waiting: its place in the line of the destination, from 1; counted up to 10,000', 12)
  position: number | null;

  @ApiProperty({ type: 'integer', description: 'Tries so far', example: 1 })
  attempts: number;

  @WireNullableDate('When it is tried again')
  next_retry_at: Date | null;

  @WireNullableDate('When an open circuit breaker lets a delivery test the destination')
  waiting_until: Date | null;

  @WireNullableDate('When the last try started')
  last_attempt_at: Date | null;

  static of(explanation: Explanation): ExplanationView {
    return Object.assign(new ExplanationView(), {
      connection_id: explanation.connectionId,
      connection_name: explanation.connectionName,
      destination_id: explanation.destinationId,
      destination_name: explanation.destinationName,
      delivery_id: explanation.deliveryId,
      replay_id: explanation.replayId,
      trigger_type: explanation.triggerType,
      outcome: explanation.outcome,
      cause: explanation.cause,
      detail: explanation.detail,
      rule: explanation.rule,
      position: explanation.position,
      attempts: explanation.attempts,
      next_retry_at: explanation.nextRetryAt,
      waiting_until: explanation.waitingUntil,
      last_attempt_at: explanation.lastAttemptAt,
    });
  }
}
