import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { admissionKeys } from '#libs/destinations';
import { DELIVER_QUEUE, QUEUE_PREFIX, redisOptions } from '#libs/queues';
import {
  createLine,
  eventually,
  type Hookstream,
  type Line,
  type Receiver,
  startHookstream,
  startReceiver,
} from '#libs/testing';

/** Every place where a process can die between PostgreSQL and Redis, made as it would have left them. */
describe('What a process left when it died', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let redis: Redis;
  let line: Line;
  let isHealthy: boolean;

  beforeEach(async () => {
    isHealthy = true;
    [hookstream, receiver] = await Promise.all([
      startHookstream(),
      startReceiver((_, response) => {
        response.statusCode = isHealthy ? 200 : 500;
        response.end();
      }),
    ]);
    redis = new Redis(hookstream.redisUrl);
    line = await createLine(hookstream, { url: receiver.url, max_concurrency: 2, circuit_breaker_reset_ms: 1000 });
  });
  afterEach(async () => {
    redis.disconnect();
    await Promise.all([hookstream.stop(), receiver.stop()]);
  });

  /** Deliveries that wait because their destination is paused, with no worker running. */
  async function leave(count: number): Promise<string[]> {
    await hookstream.call('PATCH', `/v1/destinations/${line.destinationId}`, { status: 'paused' });
    for (let n = 0; n < count; n++) await line.send({ n });
    const rows = () =>
      hookstream.database.query<{ id: string }>(`select id from deliveries where state = 'waiting' order by seq`);
    await eventually(async () => expect(await rows()).toHaveLength(count));
    await Promise.all(hookstream.workers.splice(0).map((worker) => worker.kill('SIGTERM')));
    await hookstream.call('PATCH', `/v1/destinations/${line.destinationId}`, { status: 'active' });
    await redis.flushdb();
    return (await rows()).map(({ id }) => id.replaceAll('-', ''));
  }
  const set = (columns: string) => hookstream.database.query(`update deliveries set ${columns}`);
  const keys = () => admissionKeys(line.destinationId);
  /** Redis knows this run of itself, so that nobody takes it for emptied. */
  async function startWorker(): Promise<void> {
    const run = /run_id:(\w+)/.exec(await redis.info('server'))?.[1] ?? '';
    await redis.set('hookstream:epoch', run);
    hookstream.workers.push(await hookstream.startWorker());
  }
  const repairs = async () => {
    const text = await (await fetch(`${hookstream.workers[0]!.url}/metrics`)).text();
    const found = text.matchAll(/^hookstream_repairs_total\{kind="(\w+)"\} (\d+)/gm);
    return Object.fromEntries<number>([...found].map(([, kind = '', count]) => [kind, Number(count)]));
  };
  /** The sweeps are due at once: what they find does not depend on when they look. */
  const hurry = () => hookstream.database.query('update maintenance_tasks set due_at = now()');
  /** All are delivered, each once. */
  const allArrive = (count: number) =>
    eventually(async () => {
      await hurry();
      const rows = await hookstream.database.query('select state, attempts::int from deliveries');
      expect(rows).toEqual(Array.from({ length: count }, () => ({ state: 'delivered', attempts: 1 })));
      expect(receiver.requests).toHaveLength(count);
      expect(await redis.zcard(keys().window)).toBe(0);
    }, 60_000);

  it('waiting rows nobody was woken for', async () => {
    await leave(5);
    await startWorker();
    await allArrive(5);
    expect(await repairs()).toMatchObject({ queued: 0, abandoned: 0 });
  }, 90_000);

  it('rows marked as queued that got neither a place nor a job', async () => {
    await leave(5);
    await set(`state = 'queued', admitted_at = now() - interval '2 minutes'`);
    await startWorker();
    await allArrive(5);
    expect(await repairs()).toMatchObject({ queued: 5 });
  }, 90_000);

  it('rows with places but no job', async () => {
    const [first, second] = await leave(5);
    await redis.zadd(keys().window, (Date.now() + 600_000) * 2, first!, (Date.now() + 600_000) * 2, second!);
    await set(`state = 'queued', admitted_at = now() - interval '2 minutes'`);
    await startWorker();
    await allArrive(5);
  }, 90_000);

  it('places without rows, as of a router that died before its commit', async () => {
    await leave(5);
    const until = (Date.now() + 5000) * 2;
    await redis.zadd(keys().window, until, 'f'.repeat(32), until, 'e'.repeat(32));
    await startWorker();
    await allArrive(5);
  }, 90_000);

  it('a refill that never ended', async () => {
    await leave(5);
    await redis.hset(keys().state, 'b', 1, 'l', Date.now() + 5000);
    await startWorker();
    await allArrive(5);
  }, 90_000);

  it('sends that were never heard of again', async () => {
    const [first, second] = await leave(5);
    const lease = (Date.now() + 3000) * 2 + 1;
    await redis.zadd(keys().window, lease, first!, lease, second!);
    await set(`state = 'queued', admitted_at = now() - interval '2 minutes'`);
    await startWorker();
    await allArrive(5);
  }, 90_000);

  it('an open circuit whose probe is gone and whose wake-up was lost', async () => {
    await leave(5);
    await redis.hset(
      keys().circuit,
      'state',
      'open',
      'failures',
      5,
      'opened_at',
      Date.now(),
      'last_failure_at',
      Date.now(),
    );
    await redis.set(keys().probe, 'f'.repeat(32), 'PX', 3000);
    await startWorker();
    await allArrive(5);
  }, 90_000);

  it('retries without a job', async () => {
    await leave(5);
    await set(`state = 'retrying', next_retry_at = now() - interval '1 minute'`);
    await startWorker();
    await allArrive(5);
    expect(await repairs()).toMatchObject({ retrying: 5 });
  }, 90_000);

  it('a delivery that was lost with its worker ten times is a dead letter, and its neighbours are delivered', async () => {
    const [poison] = await leave(3);
    await hookstream.database.query(
      `update deliveries set state = 'queued', admitted_at = now() - interval '2 minutes', recoveries = 10 where id = $1`,
      [poison],
    );
    await startWorker();
    await eventually(async () => {
      await hurry();
      const rows = await hookstream.database.query('select state, cause from deliveries order by seq');
      expect(rows).toEqual([
        { state: 'dead', cause: 'abandoned' },
        { state: 'delivered', cause: null },
        { state: 'delivered', cause: null },
      ]);
    }, 60_000);
  }, 90_000);

  it('an event that was lost with its worker ten times is given up, and says so', async () => {
    await Promise.all(hookstream.workers.splice(0).map((worker) => worker.kill('SIGTERM')));
    const id = await line.send({});
    await hookstream.database.query(
      `update unrouted_events set recoveries = 10, received_at = now() - interval '1 hour'`,
    );
    await redis.flushdb();
    await startWorker();
    await eventually(async () => {
      await hurry();
      const { event } = await hookstream.call<{ event: { explanation: object[] } }>('GET', `/v1/events/${id}`);
      expect(event.explanation).toMatchObject([{ outcome: 'ignored', cause: 'abandoned' }]);
    }, 60_000);
    expect(await hookstream.database.query('select from unrouted_events')).toEqual([]);
  }, 90_000);

  it('no more than 200 retries of a destination have jobs, however many wait for days', async () => {
    isHealthy = false;
    const failing = await createLine(hookstream, {
      url: receiver.url,
      retry_intervals: [86_400],
      circuit_breaker_enabled: false,
    });
    await Promise.all(Array.from({ length: 300 }, (_, n) => failing.send({ n })));
    await eventually(async () => {
      const [row] = await hookstream.database.query(`select count(*)::int from deliveries where state = 'retrying'`);
      expect(row).toEqual({ count: 300 });
    });
    const queue = new Queue(DELIVER_QUEUE, { connection: redisOptions(hookstream.redisUrl), prefix: QUEUE_PREFIX });
    const jobs = await queue.getDelayedCount();
    await queue.close();
    expect(jobs).toBeLessThanOrEqual(200);
    expect(jobs).toBeGreaterThan(100);
  }, 60_000);
});
