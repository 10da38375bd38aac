import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { newId } from '#libs/crypto';
import { Database } from '#libs/database';
import { type AcceptedEvent, EventWriter } from '#libs/events';
import { createLogger, Metrics } from '#libs/observability';
import { redisOptions, type RouteJob } from '#libs/queues';
import { createDatabase, type TestDatabase, testRedisUrl } from '#libs/testing';

describe('EventWriter', () => {
  let test: TestDatabase;
  let database: Database;
  let redisUrl: string;
  let queue: Queue<RouteJob>;
  let writer: EventWriter;

  beforeAll(async () => {
    test = await createDatabase();
    database = new Database(test.url);
    redisUrl = await testRedisUrl();
    queue = new Queue<RouteJob>('route', { connection: redisOptions(redisUrl) });
    writer = new EventWriter(database, queue, new Metrics(), createLogger('test', 'silent'));
  });
  afterAll(async () => {
    await queue.close();
    await database.close();
    await test.drop();
  });

  const event = (fields: Partial<AcceptedEvent> = {}): AcceptedEvent => ({
    organizationId: newId(),
    environmentId: newId(),
    sourceId: newId(),
    method: 'POST',
    headers: {},
    query: '',
    sourceIp: null,
    body: Buffer.from('{}'),
    verificationStatus: 'skipped',
    ...fields,
  });

  it('commits what arrives together with few statements and as few jobs', async () => {
    const ids = await Promise.all(Array.from({ length: 300 }, () => writer.store(event())));
    expect(new Set(ids).size).toBe(300);
    const stored = await test.query<{ id: string; transaction: string }>(
      'select id, xmin::text as transaction from events',
    );
    expect(stored.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const jobs = await queue.getJobs(['waiting']);
    expect(jobs.flatMap(({ data }) => data.eventIds).sort()).toEqual([...ids].sort());
    expect(new Set(stored.map(({ transaction }) => transaction)).size).toBeLessThan(10);
    expect(jobs.length).toBeLessThan(10);
  });

  it('fails only the event that the database refuses, not its neighbours', async () => {
    await test.query(`alter table events add constraint no_poison check (method <> 'POISON')`);
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => writer.store(event({ method: index === 20 ? 'POISON' : 'PUT' }))),
    );
    expect(results.flatMap((result, index) => (result.status === 'rejected' ? [index] : []))).toEqual([20]);
    const [{ count } = {}] = await test.query<{ count: number }>(
      `select count(*)::int from events where method = 'PUT'`,
    );
    expect(count).toBe(49);
  });

  it('says that the event is not durable when the database is away', async () => {
    const away = new Database('postgres://app@127.0.0.1:1/none');
    const cut = new EventWriter(away, queue, new Metrics(), createLogger('test', 'silent'));
    await expect(cut.store(event())).rejects.toMatchObject({ code: 'not_durable' });
    await away.close();
  });

  it('accepts events while Redis is away', async () => {
    const cutQueue = new Queue<RouteJob>('route', { connection: redisOptions(redisUrl) });
    await cutQueue.close();
    const cut = new EventWriter(database, cutQueue, new Metrics(), createLogger('test', 'silent'));
    await expect(cut.store(event())).resolves.toMatch(/^[0-9a-f]{32}$/);
  });
});
