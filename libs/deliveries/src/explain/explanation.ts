import { type IgnoredConnection } from '#libs/events';
import { type SendState } from '#libs/destinations';
import { type DeliveryState, type TriggerType } from '../delivery.entity.js';

/**
 * `held`: its source is paused; `routing`: not decided yet; `filtered` and `ignored`: no delivery was made. The others
 * are states of a delivery; `delivering`: being sent right now.
 */
export const OUTCOMES = [
  'held',
  'routing',
  'filtered',
  'ignored',
  'waiting',
  'queued',
  'delivering',
  'retrying',
  'delivered',
  'dead',
  'cancelled',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Places in a line are counted up to here. */
export const MAX_POSITION = 10_000;

/** What became of an event over one connection, and why. */
export interface Verdict {
  outcome: Outcome;
  cause: string | null;
  /** A sentence for people. */
  detail: string;
  /** Index of the filter rule that did not hold. */
  rule: number | null;
  /** Place in the destination's line, from 1; at most {@link MAX_POSITION}. */
  position: number | null;
  /** When an open circuit lets a test through. */
  waitingUntil: Date | null;
}

/** A delivery with what is needed to explain it. */
export interface ExplainableDelivery {
  id: string;
  state: DeliveryState;
  cause: string | null;
  attempts: number;
  next_retry_at: Date | null;
  trigger_type: TriggerType;
  /** Null once it is deleted. */
  destination_status: string | null;
  connection_status: string | null;
  /** With state `waiting`. */
  position: number | null;
  last_attempt_at: Date | null;
  response_status: number | null;
  error: string | null;
}

/** @param sending undefined when it is not known */
export function explainDelivery(delivery: ExplainableDelivery, sending: SendState | undefined): Verdict {
  if (['waiting', 'queued', 'retrying'].includes(delivery.state) && sending?.sending.has(delivery.id)) {
    return verdict('delivering', null, `Attempt ${delivery.attempts + 1} is being sent.`);
  }
  const { cause, attempts } = delivery;
  switch (delivery.state) {
    case 'waiting':
      return explainWaiting(delivery, sending);
    case 'queued':
      return verdict('queued', null, sending ? 'It is about to be sent.' : 'It is about to be sent, or being sent.');
    case 'retrying':
      return verdict(
        'retrying',
        cause,
        `Attempt ${attempts} failed${because(delivery)} It is tried again at ${time(delivery.next_retry_at)}.`,
      );
    case 'delivered':
      return verdict(
        'delivered',
        null,
        `Delivered with attempt ${attempts}, sent at ${time(delivery.last_attempt_at)}.`,
      );
    case 'dead':
      return verdict('dead', cause, `Given up after ${counted(attempts)}${because(delivery)}`);
    case 'cancelled':
      return verdict('cancelled', cause, CANCELLED[cause ?? ''] ?? 'It was taken back.');
  }
}

export function explainIgnored({ cause, rule }: IgnoredConnection): Verdict {
  if (cause === 'filtered') {
    const detail = `Rule ${rule} of the connection's filter did not hold.`;
    return { ...verdict('filtered', 'filtered', detail), rule: rule ?? null };
  }
  if (cause === 'abandoned') {
    return verdict('ignored', cause, 'Routing the event was given up: every worker that tried was lost.');
  }
  const what = cause === 'connection_disabled' ? 'connection' : 'destination';
  return verdict('ignored', cause, `The ${what} was disabled when the event was routed.`);
}

/** An event that has not been routed. @param isHeld for a source that was not active */
export function explainUnrouted(isHeld: boolean, sourceStatus: string | null): Verdict {
  if (!isHeld) return verdict('routing', null, 'It is about to be decided which connections take the event.');
  const status = sourceStatus === 'disabled' ? 'disabled' : 'paused';
  return verdict('held', `source_${status}`, `The source is ${status}: its events wait until it is active again.`);
}

function explainWaiting(delivery: ExplainableDelivery, sending: SendState | undefined): Verdict {
  const { position } = delivery;
  if (delivery.destination_status === 'paused') {
    return { ...verdict('waiting', 'destination_paused', 'The destination is paused.'), position };
  }
  if (delivery.connection_status === 'paused') {
    return verdict('waiting', 'connection_paused', 'The connection is paused.');
  }
  if (sending?.circuit === 'open') {
    const detail = `The circuit breaker of the destination is open until ${time(sending.openUntil)}.`;
    return { ...verdict('waiting', 'circuit_open', detail), position, waitingUntil: sending.openUntil };
  }
  if (sending?.circuit === 'half_open') {
    const detail = 'The circuit breaker of the destination tests it with a single delivery.';
    return { ...verdict('waiting', 'circuit_open', detail), position };
  }
  const place = position === MAX_POSITION ? `${MAX_POSITION} or later` : String(position ?? 1);
  const unknown = sending ? '' : ' Whether its circuit breaker is open is not known at the moment.';
  return { ...verdict('waiting', 'in_line', `Waiting at position ${place} for the destination.${unknown}`), position };
}

const CANCELLED: Record<string, string> = {
  connection_disabled: 'The connection was disabled before the delivery could be sent.',
  connection_deleted: 'The connection was deleted before the delivery could be sent.',
  destination_disabled: 'The destination was disabled before the delivery could be sent.',
  destination_deleted: 'The destination was deleted before the delivery could be sent.',
  event_expired: 'The event was older than events are kept.',
  payload_expunged: 'The payload was removed before the delivery could be sent.',
  replay_cancelled: 'The replay that made it was cancelled.',
};

function verdict(outcome: Outcome, cause: string | null, detail: string): Verdict {
  return { outcome, cause, detail, rule: null, position: null, waitingUntil: null };
}

function because({ error, response_status: status }: ExplainableDelivery): string {
  if (error) return `: ${error}`;
  return status ? `: it was answered ${status}.` : '.';
}

function counted(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}

function time(date: Date | null): string {
  return date ? date.toISOString() : 'an unknown time';
}
