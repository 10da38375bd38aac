import { describe, expect, it } from '@jest/globals';
import { type ExplainableDelivery, explainDelivery, explainUnrouted } from './explanation.js';

const CLOSED = { circuit: 'closed' as const, openUntil: null, sending: new Set<string>() };
const waiting: ExplainableDelivery = {
  id: 'd',
  state: 'waiting',
  cause: null,
  attempts: 0,
  next_retry_at: null,
  trigger_type: 'event',
  destination_status: 'active',
  connection_status: 'active',
  position: 10_000,
  last_attempt_at: null,
  response_status: null,
  error: null,
};

describe('explainDelivery', () => {
  it('does not pretend to know a place that was not counted', () => {
    expect(explainDelivery(waiting, CLOSED)).toMatchObject({
      cause: 'in_line',
      position: 10_000,
      detail: 'Waiting at position 10000 or later for the destination.',
    });
  });

  it('says what it does not know', () => {
    expect(explainDelivery({ ...waiting, position: 2 }, undefined).detail).toBe(
      'Waiting at position 2 for the destination. Whether its circuit breaker is open is not known at the moment.',
    );
  });

  it('names a pause before an open circuit breaker', () => {
    const open = { ...CLOSED, circuit: 'open' as const, openUntil: new Date() };
    expect(explainDelivery({ ...waiting, connection_status: 'paused' }, open).cause).toBe('connection_paused');
    expect(explainDelivery(waiting, open).cause).toBe('circuit_open');
  });

  it('shows a retry that is being sent', () => {
    const retrying = { ...waiting, state: 'retrying' as const, cause: 'timeout', attempts: 2 };
    const sending = { ...CLOSED, sending: new Set(['d']) };
    expect(explainDelivery(retrying, sending)).toMatchObject({
      outcome: 'delivering',
      detail: 'Attempt 3 is being sent.',
    });
  });

  it('does not take a delivery that has ended for one that is being sent', () => {
    const sending = { ...CLOSED, sending: new Set(['d']) };
    const dead = { ...waiting, state: 'dead' as const, cause: 'timeout', attempts: 1, error: 'Too late.' };
    expect(explainDelivery(dead, sending).detail).toBe('Given up after 1 attempt: Too late.');
    expect(explainDelivery({ ...dead, state: 'cancelled', cause: 'something new' }, sending).detail).toBe(
      'It was taken back.',
    );
  });
});

describe('explainUnrouted', () => {
  it.each([
    [false, 'active', 'routing', null],
    [true, 'paused', 'held', 'source_paused'],
    [true, 'disabled', 'held', 'source_disabled'],
  ])('held %s, source %s: %s', (isHeld, status, outcome, cause) => {
    expect(explainUnrouted(isHeld, status)).toMatchObject({ outcome, cause });
  });
});
