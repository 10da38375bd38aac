import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

const EVENTS = 2000;
/** Detection of a lost lock or job, plus one sweep. */
const RECOVERY_MS = 90_000;

describe('Nothing accepted is lost', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let path: string;
  let accepted: Set<string>;

  beforeEach(async () => {
    [hookstream, receiver] = await Promise.all([startHookstream(), startReceiver()]);
    accepted = new Set();
    const { source } = await hookstream.call<{ source: { id: string } }>('POST', '/v1/sources', {
      name: 's',
      slug: 's',
    });
    const { destination } = await hookstream.call<{ destination: { id: string } }>('POST', '/v1/destinations', {
      name: 'd',
      slug: 'd',
      url: receiver.url,
      retry_intervals: [0.5],
    });
    await hookstream.call('POST', '/v1/connections', {
      name: 'c',
      source_id: source.id,
      destination_id: destination.id,
    });
    path = `/v1/ingest/${source.id}`;
  });

  afterEach(async () => {
    await Promise.all([hookstream.stop(), receiver.stop()]);
  });

  /** Posts until so many events were answered 200, through whichever api is alive; what fails is sent as a new event. */
  async function send(count: number, urlOfApi: () => string): Promise<void> {
    const target = accepted.size + count;
    const sender = async () => {
      while (accepted.size < target) {
        const response = await fetch(urlOfApi() + path, { method: 'POST', body: '{}' }).catch(() => undefined);
        if (!response?.ok) continue;
        const { event_id } = (await response.json().catch(() => ({}))) as { event_id?: string };
        if (event_id) accepted.add(event_id);
      }
    };
    await Promise.all(Array.from({ length: 16 }, sender));
  }

  const arrived = () => new Set(receiver.requests.map(({ headers }) => String(headers['x-hookstream-event-id'])));
  const missing = () => [...accepted].filter((id) => !arrived().has(id));
  const halfWay = () => eventually(() => expect(arrived().size).toBeGreaterThan(EVENTS / 4), 30_000);

  async function expectAllArrived(): Promise<void> {
    await eventually(() => expect(missing()).toEqual([]), RECOVERY_MS);
    // Also an event that was stored without its sender hearing of it: each is delivered and recorded once.
    await eventually(async () => {
      const [counts] = await hookstream.database.query(
        `select (select count(*) from events) - (select count(*) from delivery_attempts where status = 'success') as missing,
          (select count(*) from deliveries where state <> 'delivered') as open`,
      );
      expect(counts).toEqual({ missing: '0', open: '0' });
    }, RECOVERY_MS);
  }

  it('when a worker is killed', async () => {
    const sending = send(EVENTS, () => hookstream.url);
    await halfWay();
    await hookstream.workers[0]?.kill('SIGKILL');
    await hookstream.startWorker();
    await sending;
    await expectAllArrived();
  }, 180_000);

  it('when the api is killed', async () => {
    let url = hookstream.url;
    const sending = send(EVENTS, () => url);
    await halfWay();
    await hookstream.api.kill('SIGKILL');
    url = (await hookstream.startApi()).url;
    await sending;
    await expectAllArrived();
  }, 180_000);

  it('when Redis is emptied', async () => {
    const redis = new Redis(hookstream.redisUrl);
    const sending = send(EVENTS, () => hookstream.url);
    await halfWay();
    await redis.flushdb();
    redis.disconnect();
    await sending;
    await expectAllArrived();
  }, 180_000);
});
