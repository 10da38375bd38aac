import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

/** How long a queued delivery keeps its place. */
const LEASE_MS = 600_000;

/** A window with room for one, which is taken by what nobody is going to send. */
describe('A place whose holder is lost', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let redis: Redis;
  let destinationId: string;
  let sourceId: string;

  beforeAll(async () => {
    hookstream = await startHookstream();
    redis = new Redis(hookstream.redisUrl);
  });
  afterAll(async () => {
    redis.disconnect();
    await hookstream.stop();
  });
  beforeEach(async () => {
    receiver = await startReceiver();
    const slug = randomBytes(4).toString('hex');
    const make = async (resource: string, body: object) =>
      Object.values(await hookstream.call<Record<string, { id: string }>>('POST', `/v1/${resource}`, body))[0]!.id;
    sourceId = await make('sources', { name: slug, slug });
    destinationId = await make('destinations', { name: slug, slug, url: receiver.url, max_concurrency: 1 });
    await make('connections', { name: slug, source_id: sourceId, destination_id: destinationId });
  });
  afterEach(() => receiver.stop());

  const send = async () => {
    const { event_id } = await hookstream.call<{ event_id: string }>('POST', `/v1/ingest/${sourceId}`, {});
    return event_id;
  };
  const stateOf = (eventId: string) =>
    hookstream.database.query<{ id: string; state: string }>(
      `select replace(id::text, '-', '') as id, state from deliveries where event_id = $1`,
      [eventId],
    );
  const waiting = (eventId: string) =>
    eventually(async () => {
      const [delivery] = await stateOf(eventId);
      expect(delivery?.state).toBe('waiting');
      return delivery!.id;
    });
  /** @param ageMs how long ago it got the place */
  const takePlace = (deliveryId: string, ageMs: number) =>
    redis.zadd(`{d:${destinationId}}:w`, (Date.now() + LEASE_MS - ageMs) * 2, deliveryId);
  const sweep = (task: string) =>
    hookstream.database.query(
      `insert into maintenance_tasks (name, due_at) values ($1, now()) on conflict (name) do update set due_at = now()`,
      [task],
    );

  it('is free again when the sweep takes its delivery back', async () => {
    await hookstream.call('PATCH', `/v1/destinations/${destinationId}`, { status: 'paused' });
    const eventId = await send();
    const deliveryId = await waiting(eventId);
    await takePlace(deliveryId, 0);
    await hookstream.database.query(
      `update deliveries set state = 'queued', admitted_at = now() - interval '2 minutes' where event_id = $1`,
      [eventId],
    );
    await hookstream.call('PATCH', `/v1/destinations/${destinationId}`, { status: 'active' });
    await sweep('lost_deliveries');
    await eventually(() => expect(receiver.requests).toHaveLength(1), 10_000);
    await eventually(async () => expect(await stateOf(eventId)).toMatchObject([{ state: 'delivered' }]));
  });

  it('is free again when its delivery is not queued, as after a router that died before it wrote', async () => {
    await takePlace(randomBytes(16).toString('hex'), 61_000);
    const eventId = await send();
    await waiting(eventId);
    await sweep('waiting_deliveries');
    await eventually(() => expect(receiver.requests).toHaveLength(1), 10_000);
    await eventually(async () => expect(await stateOf(eventId)).toMatchObject([{ state: 'delivered' }]));
  });

  it('is kept while it may yet be used', async () => {
    await takePlace(randomBytes(16).toString('hex'), 30_000);
    const eventId = await send();
    await waiting(eventId);
    await sweep('waiting_deliveries');
    await eventually(async () => {
      const [task] = await hookstream.database.query(
        `select due_at > now() + interval '5 s' as done from maintenance_tasks where name = 'waiting_deliveries'`,
      );
      expect(task).toEqual({ done: true });
    });
    expect(await stateOf(eventId)).toMatchObject([{ state: 'waiting' }]);
  });
});
