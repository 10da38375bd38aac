import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createLine,
  eventually,
  type Hookstream,
  type Line,
  type Receiver,
  startHookstream,
  startReceiver,
} from '#libs/testing';

interface Circuit {
  state: string;
  failure_count: number;
}

describe('The circuit breaker, with two workers,', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let isHealthy = false;
  const waiting: (() => void)[] = [];
  let holdsAnswers = false;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([
      startHookstream({ workers: 2 }),
      startReceiver((_, response) => {
        const answer = () => {
          response.statusCode = isHealthy ? 200 : 500;
          response.end();
        };
        if (holdsAnswers) waiting.push(answer);
        else answer();
      }),
    ]);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));
  beforeEach(() => {
    receiver.requests.splice(0);
    isHealthy = holdsAnswers = false;
  });

  /** Opens after three failures. */
  const line = (resetMs: number) =>
    createLine(hookstream, {
      url: receiver.url,
      retry_intervals: [0.2],
      retry_max_attempts: 10,
      circuit_breaker_threshold: 3,
      circuit_breaker_reset_ms: resetMs,
    });
  const circuit = ({ destinationId }: Line) =>
    hookstream.call<Circuit>('GET', `/v1/destinations/${destinationId}/circuit`);
  const deliveries = ({ destinationId }: Line) =>
    hookstream.database.query<{ state: string; attempts: number }>(
      'select state, attempts::int from deliveries where destination_id = $1 order by seq',
      [destinationId],
    );
  const opens = (of: Line) => eventually(async () => expect(await circuit(of)).toMatchObject({ state: 'open' }));
  const settles = (of: Line) =>
    eventually(async () =>
      expect((await deliveries(of)).filter(({ state }) => ['queued', 'retrying'].includes(state))).toEqual([]),
    );

  it('opens after failures in a row, and what is held has used up no retry', async () => {
    const failing = await line(600_000);
    for (let n = 0; n < 20; n++) await failing.send({ n });
    await opens(failing);
    await settles(failing);
    const sent = receiver.requests.length;
    const rows = await deliveries(failing);
    expect(rows).toHaveLength(20);
    expect(rows.every(({ state }) => state === 'waiting')).toBe(true);
    expect(rows.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(sent);
    expect(await circuit(failing)).toMatchObject({ failure_count: expect.any(Number) });

    isHealthy = true;
    await failing.send({ n: 20 });
    await eventually(async () => expect(await deliveries(failing)).toHaveLength(21));
    expect(receiver.requests).toHaveLength(sent);
    await hookstream.call('POST', `/v1/destinations/${failing.destinationId}/circuit/reset`);
    await eventually(async () =>
      expect((await deliveries(failing)).every(({ state }) => state === 'delivered')).toBe(true),
    );
    expect(await circuit(failing)).toMatchObject({ state: 'closed', failure_count: 0 });
  }, 60_000);

  it('tests the destination by itself, once at a time, and lets all go when it works again', async () => {
    const failing = await line(1000);
    for (let n = 0; n < 10; n++) await failing.send({ n });
    await opens(failing);
    await settles(failing);
    receiver.requests.splice(0);
    holdsAnswers = true;
    // No traffic: the probe comes by itself, and while it is on its way no other.
    await eventually(() => expect(waiting).toHaveLength(1));
    for (let n = 10; n < 15; n++) await failing.send({ n });
    await eventually(async () => expect(await deliveries(failing)).toHaveLength(15));
    expect(await circuit(failing)).toMatchObject({ state: 'half_open' });
    expect(waiting).toHaveLength(1);
    waiting.splice(0).forEach((answer) => answer());
    // It failed: open again, and tested again, by the first in line.
    await eventually(() => expect(waiting).toHaveLength(1));
    expect(receiver.requests).toHaveLength(2);
    isHealthy = true;
    holdsAnswers = false;
    waiting.splice(0).forEach((answer) => answer());
    await eventually(async () =>
      expect((await deliveries(failing)).every(({ state }) => state === 'delivered')).toBe(true),
    );
    expect(await circuit(failing)).toMatchObject({ state: 'closed' });
  }, 60_000);

  it('is tested anew when the worker that tested it has died', async () => {
    const failing = await line(1000);
    for (let n = 0; n < 5; n++) await failing.send({ n });
    await opens(failing);
    await settles(failing);
    receiver.requests.splice(0);
    holdsAnswers = true;
    await eventually(() => expect(waiting).toHaveLength(1));
    await Promise.all(hookstream.workers.splice(0).map((worker) => worker.kill('SIGKILL')));
    waiting.splice(0);
    isHealthy = true;
    holdsAnswers = false;
    hookstream.workers.push(...(await Promise.all([hookstream.startWorker(), hookstream.startWorker()])));
    await eventually(
      async () => expect((await deliveries(failing)).every(({ state }) => state === 'delivered')).toBe(true),
      90_000,
    );
  }, 120_000);

  it('lets everything through when it is switched off', async () => {
    const failing = await line(600_000);
    for (let n = 0; n < 5; n++) await failing.send({ n });
    await opens(failing);
    isHealthy = true;
    await hookstream.call('PATCH', `/v1/destinations/${failing.destinationId}`, { circuit_breaker_enabled: false });
    await eventually(async () =>
      expect((await deliveries(failing)).every(({ state }) => state === 'delivered')).toBe(true),
    );
  });
});
