import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

interface Explained {
  connection_id: string;
  connection_name: string | null;
  destination_id: string | null;
  delivery_id: string | null;
  replay_id: string | null;
  outcome: string;
  cause: string | null;
  detail: string;
  rule: number | null;
  position: number | null;
  next_retry_at: string | null;
  waiting_until: string | null;
}

/** An end of a span that never comes. */
const FAR_MS = 600_000;

describe('An event explains', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let redis: Redis;
  let slugs = 0;

  beforeAll(async () => {
    const answer = startReceiver(({ url }, response) => {
      response.statusCode = url === '/fails' ? 500 : 200;
      response.end();
    });
    [hookstream, receiver] = await Promise.all([startHookstream(), answer]);
    redis = new Redis(hookstream.redisUrl);
  });
  afterAll(async () => {
    redis.disconnect();
    await Promise.all([hookstream.stop(), receiver.stop()]);
  });

  const make = async (resource: string, body: object) =>
    Object.values(await hookstream.call<Record<string, { id: string }>>('POST', `/v1/${resource}`, body))[0]!.id;
  async function line(destination: object = {}, connection: object = {}) {
    const slug = `s${++slugs}`;
    const sourceId = await make('sources', { name: slug, slug });
    const destinationId = await make('destinations', { name: slug, slug, url: receiver.url, ...destination });
    const ends = { source_id: sourceId, destination_id: destinationId };
    const connectionId = await make('connections', { name: slug, ...ends, ...connection });
    return { sourceId, destinationId, connectionId };
  }
  const set = (path: string, changes: object) => hookstream.call('PATCH', `/v1/${path}`, changes);
  const send = async (sourceId: string, body: object = {}) =>
    (await hookstream.call<{ event_id: string }>('POST', `/v1/ingest/${sourceId}`, body)).event_id;
  const explanation = async (id: string) =>
    (await hookstream.call<{ event: { explanation: Explained[] } }>('GET', `/v1/events/${id}`)).event.explanation;
  const explains = (id: string, ...expected: Partial<Explained>[]) =>
    eventually(async () => expect(await explanation(id)).toMatchObject(expected));
  const deliver = (sourceId: string) =>
    hookstream.database.query(`update deliveries set state = 'delivered' where source_id = $1`, [sourceId]);

  it('that it was filtered, or ignored', async () => {
    const { sourceId, destinationId, connectionId } = await line(
      {},
      {
        filter_rules: [
          { field: 'payload.a', op: 'exists', value: true },
          { field: 'payload.b', op: 'eq', value: 1 },
        ],
      },
    );
    const event = await send(sourceId, { a: 1, b: 2 });
    const detail = "Rule 1 of the connection's filter did not hold.";
    const ends = { connection_id: connectionId, destination_id: destinationId, delivery_id: null };
    await explains(event, { ...ends, outcome: 'filtered', cause: 'filtered', rule: 1, detail });
    await set(`destinations/${destinationId}`, { status: 'disabled' });
    const second = await send(sourceId, { a: 1, b: 1 });
    await explains(second, { ...ends, outcome: 'ignored', cause: 'destination_disabled', rule: null });
    await set(`connections/${connectionId}`, { enabled: false });
    await explains(await send(sourceId), { ...ends, outcome: 'ignored', cause: 'connection_disabled' });
    await hookstream.call('DELETE', `/v1/connections/${connectionId}`);
    await explains(second, { connection_id: connectionId, connection_name: null, destination_id: null });
  });

  it('that it is held with its source', async () => {
    const { sourceId, connectionId } = await line();
    await set(`sources/${sourceId}`, { status: 'paused' });
    const event = await send(sourceId);
    await explains(event, { connection_id: connectionId, outcome: 'held', cause: 'source_paused', delivery_id: null });
    await set(`sources/${sourceId}`, { status: 'active' });
    await explains(event, { outcome: 'delivered', cause: null });
  });

  it('that it waits for a paused destination or connection, and at which place', async () => {
    const { sourceId, destinationId, connectionId } = await line({ status: 'active' });
    await set(`destinations/${destinationId}`, { status: 'paused' });
    const events = [await send(sourceId), await send(sourceId), await send(sourceId)];
    const detail = 'The destination is paused.';
    for (const [index, id] of events.entries()) {
      await explains(id, { outcome: 'waiting', cause: 'destination_paused', position: index + 1, detail });
    }
    await set(`connections/${connectionId}`, { status: 'paused' });
    await set(`destinations/${destinationId}`, { status: 'active' });
    await explains(events[2]!, { outcome: 'waiting', cause: 'connection_paused', position: null });
    await deliver(sourceId);
  });

  it('that it waits for the circuit breaker, or just for its turn, also while Redis is away', async () => {
    await Promise.all(hookstream.workers.splice(0).map((worker) => worker.kill('SIGTERM')));
    const { sourceId, destinationId } = await line();
    const event = await send(sourceId);
    const [made] = await hookstream.database.query<{ id: string }>(
      `with routed as (delete from unrouted_events where source_id = $1)
       insert into deliveries (id, environment_id, event_id, connection_id, destination_id, source_id, seq, payload_bytes, state)
       select e.id, e.environment_id, e.id, c.id, c.destination_id, e.source_id, e.seq, 2, 'waiting'
       from events e join connections c on c.source_id = e.source_id where e.source_id = $1 returning replace(id::text, '-', '') as id`,
      [sourceId],
    );
    const key = (name: string) => `{d:${destinationId}}:${name}`;
    const inLine = 'Waiting at position 1 for the destination.';
    await explains(event, { outcome: 'waiting', cause: 'in_line', position: 1, detail: inLine, waiting_until: null });

    await redis.hset(key('c'), { state: 'open', failures: 5, opened_at: Date.now() });
    await explains(event, { outcome: 'waiting', cause: 'circuit_open', waiting_until: null });
    await redis.set(key('open'), 1, 'PX', FAR_MS);
    const [open] = await explanation(event);
    expect(open).toMatchObject({ outcome: 'waiting', cause: 'circuit_open', position: 1 });
    expect(Math.abs(Date.parse(String(open?.waiting_until)) - Date.now() - FAR_MS)).toBeLessThan(10_000);

    await hookstream.database.query(`update deliveries set state = 'queued' where source_id = $1`, [sourceId]);
    await explains(event, { outcome: 'queued', cause: null, position: null });
    // Leased, then started, then forgotten by who started it.
    await redis.zadd(key('w'), (Date.now() + FAR_MS) * 2, made!.id);
    await explains(event, { outcome: 'queued' });
    await redis.zadd(key('w'), (Date.now() + FAR_MS) * 2 + 1, made!.id);
    await explains(event, { outcome: 'delivering', detail: 'Attempt 1 is being sent.' });
    await redis.zadd(key('w'), (Date.now() - 1000) * 2 + 1, made!.id);
    await explains(event, { outcome: 'queued' });

    await redis.set(key('w'), 'not what the api expects there');
    await explains(event, { outcome: 'queued', detail: 'It is about to be sent, or being sent.' });
    await hookstream.database.query(`update deliveries set state = 'waiting' where source_id = $1`, [sourceId]);
    await explains(event, { outcome: 'waiting', cause: 'in_line', position: 1 });
    await redis.del(key('w'));
    await deliver(sourceId);
    hookstream.workers.push(await hookstream.startWorker());
  });

  it('that it is tried again, given up, or cancelled', async () => {
    const { sourceId, connectionId } = await line({ url: `${receiver.url}/fails`, retry_intervals: [600] });
    const event = await send(sourceId);
    await explains(event, {
      outcome: 'retrying',
      cause: 'response_5xx',
      next_retry_at: expect.any(String) as unknown as string,
      detail: expect.stringMatching(/^Attempt 1 failed: .* It is tried again at 20\S+Z\.$/) as unknown as string,
    });
    await set(`connections/${connectionId}`, { status: 'disabled' });
    await hookstream.call('POST', `/v1/events/${event}/retry`);
    await explains(event, { outcome: 'cancelled', cause: 'connection_disabled' });
    const once = await line({ url: `${receiver.url}/fails`, retry_enabled: false });
    await explains(await send(once.sourceId), { outcome: 'dead', cause: 'response_5xx' });
  });

  it('every delivery of a replay by itself', async () => {
    const { sourceId, destinationId } = await line();
    const event = await send(sourceId);
    await explains(event, { outcome: 'delivered', replay_id: null });
    const { job } = await hookstream.call<{ job: { id: string } }>('POST', '/v1/replay', {
      destination_id: destinationId,
      from: new Date(Date.now() - 60_000).toISOString(),
      to: new Date(Date.now() + 60_000).toISOString(),
    });
    await explains(event, { outcome: 'delivered', replay_id: null }, { outcome: 'delivered', replay_id: job.id });
  });
});
