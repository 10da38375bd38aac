import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AppProcess,
  connectStream,
  createLine,
  eventually,
  type Hookstream,
  startHookstream,
  type StreamClient,
} from '#libs/testing';

interface Attempt {
  status: string;
  cause: string | null;
  attempt_number: number;
}

/** From the sender's POST to clients at two api processes. */
describe('Events for WebSocket clients', () => {
  let hookstream: Hookstream;
  let second: AppProcess;
  const clients: StreamClient[] = [];

  beforeAll(async () => {
    hookstream = await startHookstream();
    second = await hookstream.startApi();
  });
  afterEach(() => {
    for (const { socket } of clients.splice(0)) socket.terminate();
  });
  afterAll(() => hookstream.stop());

  async function connect(
    channel: string,
    url = hookstream.url,
    options: { acknowledges?: boolean; key?: string } = {},
  ): Promise<StreamClient> {
    const { key = hookstream.apiKey, acknowledges } = options;
    const client = await connectStream(url, { headers: { 'X-API-Key': key }, acknowledges });
    clients.push(client);
    await client.subscribe(channel);
    return client;
  }
  /** A source whose events go to a channel; retried after a second. */
  const lineTo = (channel_name: string, mode: string, settings: object = {}) =>
    createLine(hookstream, {
      url: '',
      type: 'websocket',
      provider_config: { channel_name, mode },
      ...{ retry_backoff_type: 'fixed', retry_intervals: [1], ...settings },
    });
  const attemptsOf = async (eventId: string) => {
    const path = `/v1/delivery-attempts?event_id=${eventId}`;
    return (await hookstream.call<{ delivery_attempts: Attempt[] }>('GET', path)).delivery_attempts;
  };
  const expectAttempts = (eventId: string, ...newestFirst: object[]) =>
    eventually(async () => expect(await attemptsOf(eventId)).toMatchObject(newestFirst));

  it('reach all of a channel, whichever api they are at, and nobody else', async () => {
    const line = await lineTo('orders', 'fire_and_forget');
    const here = await Promise.all([connect('orders'), connect('orders', second.url)]);
    const others = await Promise.all([
      connect('other'),
      connect('orders', second.url, { key: hookstream.secondTenantKey }),
    ]);
    const left = await connect('orders');
    left.say({ type: 'unsubscribe', channel: 'orders' });
    await eventually(() => expect(left.frames.at(-1)).toMatchObject({ type: 'unsubscribed' }));
    const eventId = await line.send({ n: 1 });
    await eventually(() => {
      for (const client of here) {
        expect(client.events()).toEqual([
          {
            type: 'event.delivered',
            channel: 'orders',
            data: {
              event_id: eventId,
              source_id: line.sourceId,
              destination_id: line.destinationId,
              attempt: 1,
              content_type: 'application/json',
              payload: '{"n":1}',
            },
          },
        ]);
      }
    });
    await expectAttempts(eventId, { status: 'success', request_url: '/v1/ws', request_method: 'PUBLISH' });
    for (const client of [...others, left]) expect(client.events()).toEqual([]);
  });

  it('need nobody to listen when they are forgotten', async () => {
    const line = await lineTo('nobody', 'fire_and_forget');
    await expectAttempts(await line.send({}), { status: 'success' });
  });

  it('are tried again until somebody acknowledges them', async () => {
    const line = await lineTo('acknowledged', 'acknowledge', { timeout_ms: 1_000, circuit_breaker_enabled: false });
    const eventId = await line.send({});
    await expectAttempts(eventId, { status: 'error', cause: 'no_subscriber' });
    const silent = await connect('acknowledged', hookstream.url, { acknowledges: false });
    await eventually(async () =>
      expect(await attemptsOf(eventId)).toContainEqual(
        expect.objectContaining({ status: 'timeout', cause: 'timeout' }),
      ),
    );
    await connect('acknowledged', second.url);
    await eventually(async () => expect((await attemptsOf(eventId))[0]).toMatchObject({ status: 'success' }));
    const [first] = silent.events();
    // Late.
    silent.say({ type: 'ack', id: first?.id });
    const numbers = silent.events().map(({ data }) => data?.attempt);
    expect(numbers).toEqual([...numbers].sort());
    expect(new Set(silent.events().map(({ id }) => id)).size).toBe(silent.events().length);
  });

  it('reach a client that connects again', async () => {
    const line = await lineTo('again', 'acknowledge', { timeout_ms: 5_000 });
    const client = await connect('again', hookstream.url, { acknowledges: false });
    const eventId = await line.send({});
    await eventually(() => expect(client.events()).toHaveLength(1));
    client.socket.terminate();
    const next = await connect('again', second.url);
    // Not after five seconds: the api has seen it go.
    await expectAttempts(eventId, { status: 'success', attempt_number: 2 }, { cause: 'connection_reset' });
    expect(next.events()).toMatchObject([{ data: { event_id: eventId, attempt: 2 } }]);
  });

  it('survive an api that is killed', async () => {
    const doomed = await hookstream.startApi();
    const line = await lineTo('survive', 'acknowledge', { timeout_ms: 1_000 });
    const client = await connect('survive', doomed.url, { acknowledges: false });
    const eventId = await line.send({});
    await eventually(() => expect(client.events()).toHaveLength(1));
    await doomed.kill('SIGKILL');
    await client.ended;
    await connect('survive', second.url);
    await eventually(async () => expect((await attemptsOf(eventId))[0]).toMatchObject({ status: 'success' }));
    expect((await attemptsOf(eventId)).at(-1)).toMatchObject({ cause: 'timeout' });
  });

  it('do not wait for a client that is too slow, which is cut off', async () => {
    const line = await lineTo('fast', 'acknowledge', { timeout_ms: 30_000 });
    const slow = await connect('fast', second.url, { acknowledges: false });
    const fast = await connect('fast', second.url);
    slow.socket.pause();
    const body = { text: 'x'.repeat(1_000_000) };
    const sent = await Promise.all(Array.from({ length: 40 }, () => line.send(body)));
    await eventually(() => {
      expect(new Set(fast.events().map(({ data }) => data?.event_id))).toEqual(new Set(sent));
    }, 60_000);
    slow.socket.resume();
    expect(await slow.ended).toMatchObject({ code: 1006 });
    expect(slow.events().length).toBeLessThan(40);
    for (const eventId of sent) await expectAttempts(eventId, { status: 'success' });
  }, 120_000);
});
