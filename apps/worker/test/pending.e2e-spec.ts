import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLine, eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

const PENDING = 10_000;
const EVENTS = 3000;

describe('With two workers', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  /** Answers that are withheld, by path. */
  const held = new Map<string, (() => void)[]>();

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([
      startHookstream({ workers: 2 }),
      startReceiver((request, response) => {
        const path = request.url ?? '';
        if (path.startsWith('/slow')) return held.set(path, [...(held.get(path) ?? []), () => response.end()]);
        // Every fifth event fails at first, every twenty-fifth always.
        const { n } = JSON.parse(request.body.toString()) as { n: number };
        const isFirst = request.headers['x-hookstream-delivery-attempt'] === '1';
        response.statusCode = path === '/mixed' && (n % 25 === 0 || (n % 5 === 0 && isFirst)) ? 500 : 200;
        response.end();
      }),
    ]);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  const at = (path: string) => receiver.requests.filter(({ url }) => url === path).length;
  const states = (destinationId: string) =>
    hookstream.database.query<{ state: string; cause: string | null; count: number }>(
      'select state, cause, count(*)::int from deliveries where destination_id = $1 group by 1, 2 order by 1',
      [destinationId],
    );

  /** A destination that is being sent to with many more waiting, as if they had come in. */
  async function backlog(path: string) {
    const line = await createLine(hookstream, { url: receiver.url + path, max_concurrency: 10 });
    for (let n = 0; n < 10; n++) await line.send({ n });
    await eventually(() => expect(at(path)).toBe(10));
    await hookstream.database.query(
      `insert into deliveries (id, environment_id, event_id, connection_id, destination_id, source_id, seq, payload_bytes, state)
       select (left(d.id::text, 13) || '-8000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, environment_id, event_id, connection_id,
         destination_id, source_id, seq + 1, payload_bytes, 'waiting'
       from (select * from deliveries where destination_id = $1 limit 1) d, generate_series(1, $2) n`,
      [line.destinationId, PENDING],
    );
    return line;
  }

  it.each([
    ['deleted', (id: string) => hookstream.call('DELETE', `/v1/destinations/${id}`)],
    ['disabled', (id: string) => hookstream.call('PATCH', `/v1/destinations/${id}`, { status: 'disabled' })],
  ])(
    'nothing more is sent to a destination that is %s with 10,000 deliveries pending',
    async (what, stop) => {
      const path = `/slow-${what}`;
      const { destinationId } = await backlog(path);
      await stop(destinationId);
      for (const answer of held.get(path) ?? []) answer();
      await eventually(async () => {
        const [cancelled, delivered, ...others] = await states(destinationId);
        expect(cancelled).toEqual({ state: 'cancelled', cause: `destination_${what}`, count: PENDING });
        expect(delivered).toEqual({ state: 'delivered', cause: null, count: 10 });
        expect(others).toEqual([]);
      }, 30_000);
      expect(at(path)).toBe(10);
      await eventually(async () => expect(await hookstream.database.query('select from cancellations')).toEqual([]));
    },
    60_000,
  );

  it('everything ends without any help of the sweeps', async () => {
    await hookstream.database.query(
      `insert into maintenance_tasks (name, due_at) values ('overdue_retries', 'infinity'), ('waiting_deliveries', 'infinity'),
         ('lost_deliveries', 'infinity'), ('forgotten_events', 'infinity')
       on conflict (name) do update set due_at = excluded.due_at`,
    );
    const lines = await Promise.all(
      [1, 2, 100].map((max_concurrency) =>
        createLine(hookstream, {
          url: `${receiver.url}/mixed`,
          max_concurrency,
          retry_intervals: [0.1],
          retry_max_attempts: 2,
          circuit_breaker_enabled: false,
        }),
      ),
    );
    const sender = async (number: number) => {
      for (let n = number; n < EVENTS; n += 16) await lines[n % 3]!.send({ n });
    };
    await Promise.all(Array.from({ length: 16 }, (_, number) => sender(number)));
    const ended = async () => {
      const rows = await Promise.all(lines.map(({ destinationId }) => states(destinationId)));
      const count = (state: string) => rows.flat().reduce((sum, row) => sum + (row.state === state ? row.count : 0), 0);
      return { delivered: count('delivered'), dead: count('dead') };
    };
    const dead = EVENTS / 25;
    await eventually(async () => expect(await ended()).toEqual({ delivered: EVENTS - dead, dead }), 60_000);
    // One try each, one more for what failed once, two more for what always fails.
    expect(at('/mixed')).toBe(EVENTS + (EVENTS / 5 - dead) + 2 * dead);
    for (const { url } of hookstream.workers) {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const repairs = [...metrics.matchAll(/^hookstream_repairs_total\{kind="\w+"\} (\d+)/gm)].map(
        ([, count]) => count,
      );
      expect(repairs).toEqual(repairs.map(() => '0'));
      expect(repairs.length).toBe(6);
    }
  }, 120_000);
});
