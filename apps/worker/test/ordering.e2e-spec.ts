import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createLine,
  eventually,
  type Hookstream,
  type Received,
  type Receiver,
  startHookstream,
  startReceiver,
} from '#libs/testing';

const EVENTS = 120;

describe('Order and rate, with two workers', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([
      startHookstream({ workers: 2 }),
      startReceiver((request, response) => {
        // Every seventh fails at first, number 50 always.
        const { n } = bodyOf(request);
        const tries = receiver.requests.filter((other) => other.url === request.url && bodyOf(other).n === n).length;
        response.statusCode = request.url?.startsWith('/fails') && (n === 50 || (n % 7 === 3 && tries < 2)) ? 500 : 200;
        response.end();
      }),
    ]);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  const bodyOf = ({ body }: Received) => JSON.parse(body.toString()) as { n: number; skip?: boolean };
  const at = (path: string) => receiver.requests.filter(({ url }) => url === path);
  const numbersAt = (path: string) => at(path).map((request) => bodyOf(request).n);
  /** Each one's first arrival that was answered 200. */
  const delivered = (destinationId: string) =>
    hookstream.database.query<{ n: number; state: string }>(
      `select (p.body_text::json->>'n')::int as n, d.state from deliveries d
        join event_payloads p on p.event_id = d.event_id
        left join delivery_attempts a on a.delivery_id = d.id and a.status = 'success'
      where d.destination_id = $1 order by a.created_at, a.id`,
      [destinationId],
    );

  it('a fifo destination gets events as they were accepted, also when some fail, some are filtered and a worker dies', async () => {
    const line = await createLine(
      hookstream,
      {
        url: `${receiver.url}/fails`,
        ordering: 'fifo',
        retry_intervals: [0.1],
        retry_max_attempts: 2,
        circuit_breaker_enabled: false,
      },
      { filter_rules: [{ field: 'payload.skip', op: 'exists', value: false }] },
    );
    for (let n = 0; n < EVENTS; n++) {
      await line.send(n % 5 === 4 ? { n, skip: true } : { n });
      if (n === 40) await hookstream.workers.shift()?.kill('SIGKILL');
    }
    hookstream.workers.push(await hookstream.startWorker());
    const expected = Array.from({ length: EVENTS }, (_, n) => n).filter((n) => n % 5 !== 4);
    await eventually(async () => {
      const rows = await delivered(line.destinationId);
      expect(rows.filter(({ state }) => state !== 'delivered').map(({ n, state }) => [n, state])).toEqual([
        [50, 'dead'],
      ]);
      expect(rows.filter(({ n }) => n !== 50).map(({ n }) => n)).toEqual(expected.filter((n) => n !== 50));
    }, 120_000);
  }, 180_000);

  it('a limited destination is not sent to faster than its rate, in order when it is fifo', async () => {
    for (const ordering of ['none', 'fifo']) {
      const path = `/${ordering}`;
      const line = await createLine(hookstream, { url: receiver.url + path, rate_limit_per_second: 20, ordering });
      await Promise.all(Array.from({ length: 60 }, (_, n) => line.send({ n })));
      await eventually(() => expect(at(path)).toHaveLength(60), 20_000);
      const times = at(path).map((request) => request.at);
      // 20 a second and 2 that may come at once; a request is up to 100 ms on its way, or not.
      for (let first = 0; first + 25 < times.length; first++) {
        expect(times[first + 25]! - times[first]!).toBeGreaterThan(1000);
      }
      const inOrder = await hookstream.database.query<{ n: number }>(
        `select (p.body_text::json->>'n')::int as n from events e join event_payloads p on p.event_id = e.id
         where e.source_id = $1 order by e.seq`,
        [line.sourceId],
      );
      if (ordering === 'fifo') expect(numbersAt(path)).toEqual(inOrder.map(({ n }) => n));
    }
  }, 60_000);

  it('a destination is sent to no more often at the same time than it says', async () => {
    const open: (() => void)[] = [];
    let most = 0;
    const slow = await startReceiver((_, response) => {
      open.push(() => response.end());
      most = Math.max(most, open.length);
    });
    const line = await createLine(hookstream, { url: slow.url, max_concurrency: 3 });
    await Promise.all(Array.from({ length: 30 }, (_, n) => line.send({ n })));
    while (slow.requests.length < 30 || open.length > 0) {
      await eventually(() => expect(open.length).toBeGreaterThan(0));
      open.shift()?.();
    }
    expect(most).toBe(3);
    // What waits is let go when more is allowed.
    await Promise.all(Array.from({ length: 10 }, (_, n) => line.send({ n })));
    await eventually(() => expect(open).toHaveLength(3));
    await hookstream.call('PATCH', `/v1/destinations/${line.destinationId}`, { max_concurrency: 10 });
    await eventually(() => expect(open).toHaveLength(10));
    for (const end of open.splice(0)) end();
    await slow.stop();
  }, 60_000);
});
