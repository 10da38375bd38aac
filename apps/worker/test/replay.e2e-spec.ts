import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

interface Job {
  id: string;
  status: string;
  error: string | null;
  total: number;
  processed: number;
  skipped: number;
  pending: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  completed_at: string | null;
}

interface Line {
  sourceId: string;
  destinationId: string;
  connectionId: string;
  path: string;
}

const COMPLETION_MS = 40_000;

describe('Replay', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  /** Paths that answer 410. */
  const broken = new Set<string>();
  let slugs = 0;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([
      startHookstream(),
      startReceiver(({ url }, response) => {
        response.statusCode = broken.has(url) ? 410 : 200;
        response.end();
      }),
    ]);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  const make = async (resource: string, body: object) =>
    Object.values(await hookstream.call<Record<string, { id: string }>>('POST', `/v1/${resource}`, body))[0]!.id;

  /** A source that is connected to a path of the receiver. */
  async function line(connection: object = {}): Promise<Line> {
    const slug = `s${++slugs}`;
    const sourceId = await make('sources', { name: slug, slug });
    const destinationId = await make('destinations', { name: slug, slug, url: `${receiver.url}/${slug}` });
    const ends = { source_id: sourceId, destination_id: destinationId };
    const connectionId = await make('connections', { name: slug, ...ends, ...connection });
    return { sourceId, destinationId, connectionId, path: `/${slug}` };
  }

  /** Sends so many events, numbered, and waits until all have arrived. */
  async function history({ sourceId, path }: Line, count: number): Promise<void> {
    for (let n = 0; n < count; n++) await hookstream.call('POST', `/v1/ingest/${sourceId}`, { n, even: n % 2 === 0 });
    await eventually(() => expect(received(path).length).toBe(count));
    await settled(sourceId);
    receiver.requests.splice(0);
  }

  const settled = (sourceId: string) =>
    eventually(async () => {
      const [row] = await hookstream.database.query(
        `select count(*)::int as open from deliveries where source_id = $1 and state in ('waiting', 'queued', 'retrying')`,
        [sourceId],
      );
      expect(row).toEqual({ open: 0 });
    });

  const received = (path: string) =>
    receiver.requests
      .filter(({ url }) => url === path)
      .map(({ body }) => (JSON.parse(String(body)) as { n: number }).n);

  const window = () => ({
    from: new Date(Date.now() - 3_600_000).toISOString(),
    to: new Date(Date.now() + 1000).toISOString(),
  });
  const replay = async ({ destinationId }: Line, fields: object = {}): Promise<Job> =>
    (
      await hookstream.call<{ job: Job }>('POST', '/v1/replay', {
        destination_id: destinationId,
        ...window(),
        ...fields,
      })
    ).job;
  const job = async ({ id }: Job) => (await hookstream.call<{ job: Job }>('GET', `/v1/replay/${id}`)).job;
  const steer = async ({ id }: Job, verb: string) =>
    (await hookstream.call<{ job: Job }>('POST', `/v1/replay/${id}/${verb}`)).job;
  const completed = (started: Job, withinMs = COMPLETION_MS) =>
    eventually(async () => {
      const now = await job(started);
      expect(now).toMatchObject({ status: 'completed' });
      return now;
    }, withinMs);
  /** Deliveries of a job in the order of their events. */
  const deliveries = ({ id }: Job) =>
    hookstream.database.query<{ state: string; cause: string | null; attempts: number; tries: number }>(
      `select d.state, d.cause, d.attempts,
        (select count(*)::int from delivery_attempts a where a.delivery_id = d.id and a.status = 'success') as tries
       from deliveries d where d.replay_id = $1 order by d.seq`,
      [id],
    );

  it('sends the events of a time again, in their order, in steps of the rate', async () => {
    const way = await line();
    await history(way, 25);
    const started = await replay(way, { rate_limit: 10 });
    expect(started).toMatchObject({ status: 'running', total: 25, processed: 0, succeeded: 0, completed_at: null });
    const steps = new Set<number>();
    const done = await eventually(async () => {
      const now = await job(started);
      steps.add(now.processed);
      expect(now).toMatchObject({ status: 'completed' });
      return now;
    }, COMPLETION_MS);
    expect([...steps].filter((processed) => ![0, 10, 20, 25].includes(processed))).toEqual([]);
    expect(done).toMatchObject({ total: 25, processed: 25, skipped: 0, pending: 0, succeeded: 25, failed: 0 });
    expect(received(way.path).sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, n) => n));
    // A step is a transaction, and all it makes has its time: earlier events never come with a later step.
    const made = await hookstream.database.query<{ created_at: Date; trigger_type: string }>(
      'select created_at, trigger_type from deliveries where replay_id = $1 order by seq',
      [started.id],
    );
    const times = made.map(({ created_at }) => created_at.getTime());
    expect([...new Set(times)]).toHaveLength(3);
    expect(times.map((time) => times.indexOf(time))).toEqual([
      ...Array<number>(10).fill(0),
      ...Array<number>(10).fill(10),
      ...Array<number>(5).fill(20),
    ]);
    expect(new Set(made.map(({ trigger_type }) => trigger_type))).toEqual(new Set(['replay']));
  }, 60_000);

  it('obeys the filter and the limit of the job and the filter of the connection, and sends over one connection', async () => {
    const way = await line();
    await history(way, 12);
    const rule = (value: number) => [{ field: 'payload.n', op: 'gte', value }];
    await hookstream.call('PATCH', `/v1/connections/${way.connectionId}`, { filter_rules: rule(4) });
    const ends = { source_id: way.sourceId, destination_id: way.destinationId };
    const other = await make('connections', { name: 'other', ...ends, filter_rules: rule(100) });
    const filter = { field: 'payload.even', op: 'eq', value: true };
    const dryRun = (fields: object) =>
      hookstream.call('POST', '/v1/replay', {
        destination_id: way.destinationId,
        ...window(),
        dry_run: true,
        ...fields,
      });
    expect(await dryRun({})).toEqual({ total: 8, total_is_estimate: 0 });
    expect(await dryRun({ filter })).toEqual({ total: 4, total_is_estimate: 0 });
    expect(await dryRun({ filter, max_events: 3 })).toEqual({ total: 3, total_is_estimate: 0 });
    expect(await dryRun({ connection_id: other })).toEqual({ total: 0, total_is_estimate: 0 });
    const started = await replay(way, { filter, max_events: 3 });
    expect(await completed(started)).toMatchObject({ total: 3, processed: 3, skipped: 6, succeeded: 3 });
    expect(received(way.path).sort()).toEqual([4, 6, 8]);
  }, 60_000);

  it('runs twice over the same events when it is asked to, with a delivery of its own for each connection', async () => {
    const way = await line();
    await make('connections', { name: 'second', source_id: way.sourceId, destination_id: way.destinationId });
    for (const n of [0, 1]) await hookstream.call('POST', `/v1/ingest/${way.sourceId}`, { n });
    await eventually(() => expect(received(way.path)).toHaveLength(4));
    const jobs = [await replay(way), await replay(way)];
    for (const started of jobs) expect(await completed(started)).toMatchObject({ processed: 2, succeeded: 4 });
    expect(received(way.path)).toHaveLength(12);
  }, 60_000);

  it('makes nothing while it is paused, goes on when resumed, and takes back what waits when cancelled', async () => {
    const way = await line();
    await history(way, 8);
    await hookstream.call('PATCH', `/v1/destinations/${way.destinationId}`, { status: 'paused' });
    const started = await replay(way, { rate_limit: 1 });
    await eventually(async () => expect((await job(started)).processed).toBeGreaterThan(1));
    const paused = await steer(started, 'pause');
    expect(paused).toMatchObject({ status: 'paused', completed_at: null, pending: paused.processed });
    // Somebody else's job advances in the meantime.
    const another = await line();
    await history(another, 3);
    await completed(await replay(another, { rate_limit: 1 }));
    expect(await job(started)).toMatchObject({ status: 'paused', processed: paused.processed });

    expect(await steer(started, 'resume')).toMatchObject({ status: 'running' });
    await eventually(async () => expect((await job(started)).processed).toBeGreaterThan(paused.processed));
    const cancelled = await steer(started, 'cancel');
    expect(cancelled).toMatchObject({ status: 'cancelled', completed_at: expect.any(String) });
    await eventually(async () =>
      expect(await job(started)).toMatchObject({ pending: 0, cancelled: cancelled.processed, succeeded: 0 }),
    );
    const ends = (await deliveries(started)).map(({ state, cause }) => [state, cause]);
    expect(ends).toEqual(Array.from({ length: cancelled.processed }, () => ['cancelled', 'replay_cancelled']));
    await expect(steer(started, 'resume')).rejects.toThrow('answered 409');
    expect(received(way.path)).toEqual([]);
  }, 90_000);

  it('ends as failed when its destination is disabled', async () => {
    const way = await line();
    await history(way, 5);
    const started = await replay(way, { rate_limit: 1 });
    await hookstream.call('PATCH', `/v1/destinations/${way.destinationId}`, { status: 'disabled' });
    await eventually(async () =>
      expect(await job(started)).toMatchObject({ status: 'failed', error: 'destination_disabled', pending: 0 }),
    );
  }, 60_000);

  it('goes on where it was when its worker is killed and Redis is emptied', async () => {
    const way = await line();
    await history(way, 60);
    const started = await replay(way, { rate_limit: 10 });
    await eventually(async () => expect((await job(started)).processed).toBeGreaterThan(10));
    await Promise.all(hookstream.workers.splice(0).map((worker) => worker.kill('SIGKILL')));
    expect((await job(started)).processed).toBeLessThan(60);
    const redis = new Redis(hookstream.redisUrl);
    await redis.flushdb();
    redis.disconnect();
    hookstream.workers.push(...(await Promise.all([hookstream.startWorker(), hookstream.startWorker()])));
    // With what was queued: a lost job is found within 35 s.
    expect(await completed(started, 90_000)).toMatchObject({ total: 60, processed: 60, succeeded: 60 });
    const made = await deliveries(started);
    expect(made).toHaveLength(60);
    expect(made.filter(({ state, tries }) => state !== 'delivered' || tries !== 1)).toEqual([]);
    expect(new Set(received(way.path)).size).toBe(60);
  }, 150_000);

  describe('of dead letters', () => {
    /** Dead letters, numbered. */
    async function deadLetters(count: number, fields: object = {}): Promise<Line> {
      const way = await line(fields);
      await hookstream.call('PATCH', `/v1/destinations/${way.destinationId}`, { circuit_breaker_enabled: false });
      broken.add(way.path);
      for (let n = 0; n < count; n++) await hookstream.call('POST', `/v1/ingest/${way.sourceId}`, { n });
      await eventually(() => expect(received(way.path)).toHaveLength(count));
      await settled(way.sourceId);
      receiver.requests.splice(0);
      return way;
    }
    const retry = <T>(body: object) => hookstream.call<T>('POST', '/v1/delivery-attempts/retry', body);
    const total = async (body: object) => (await retry<{ total: number }>({ ...body, dry_run: true })).total;
    const states = ({ destinationId }: Line) =>
      hookstream.database.query(
        'select state, cause, count(*)::int from deliveries where destination_id = $1 group by 1, 2 order by 1',
        [destinationId],
      );

    it('counts and retries those that match, and only those', async () => {
      const [way, other] = [await deadLetters(5), await deadLetters(2)];
      const { sourceId: source_id, destinationId: destination_id, connectionId: connection_id } = way;
      expect(await total({ destination_id })).toBe(5);
      expect(await total({ source_id, connection_id, cause: 'response_4xx', ...window() })).toBe(5);
      expect(await total({ cause: 'timeout' })).toBe(0);
      expect(await total({ destination_id, to: '2020-01-01' })).toBe(0);
      expect(await total({ destination_id, from: new Date(Date.now() + 60_000).toISOString() })).toBe(0);
      expect(await total({})).toBe(7);
      expect(await states(way)).toEqual([{ state: 'dead', cause: 'response_4xx', count: 5 }]);

      broken.clear();
      const { job: started } = await retry<{ job: Job }>({ destination_id, rate_limit: 2 });
      expect(started).toMatchObject({ kind: 'retry', status: 'running', total: 5 });
      expect(await completed(started)).toMatchObject({ total: 5, processed: 5, succeeded: 5, failed: 0 });
      expect(received(way.path).sort()).toEqual([0, 1, 2, 3, 4]);
      expect(received(other.path)).toEqual([]);
      expect(await states(other)).toEqual([{ state: 'dead', cause: 'response_4xx', count: 2 }]);
      await expect(retry({ destination_id })).rejects.toThrow('Dead letters not found');
    }, 90_000);

    it('counts those that fail again, once', async () => {
      const way = await deadLetters(3);
      const { job: started } = await retry<{ job: Job }>({ destination_id: way.destinationId });
      expect(await completed(started)).toMatchObject({ total: 3, processed: 3, succeeded: 0, failed: 3 });
      expect(received(way.path)).toHaveLength(3);
    }, 60_000);

    it('leaves dead letters behind as they were when it is cancelled', async () => {
      const way = await deadLetters(4);
      await hookstream.call('PATCH', `/v1/destinations/${way.destinationId}`, { status: 'paused' });
      const { job: started } = await retry<{ job: Job }>({ destination_id: way.destinationId, rate_limit: 2 });
      await eventually(async () => expect((await job(started)).processed).toBeGreaterThan(1));
      const { processed } = await steer(started, 'cancel');
      await eventually(async () =>
        expect(await job(started)).toMatchObject({ pending: 0, cancelled: processed, failed: 0 }),
      );
      expect(await states(way)).toEqual([{ state: 'dead', cause: 'response_4xx', count: 4 }]);
      expect(await total({ destination_id: way.destinationId })).toBe(4);
    }, 60_000);
  });
});
