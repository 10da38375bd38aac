import { Redis } from 'ioredis';
import { createLogger } from '#libs/observability';
import { ChannelListener } from '#libs/queues';
import { connectStream, type StreamClient, startApi } from '#libs/testing';
import { type Broadcaster } from '../src/providers/websocket/broadcaster.js';
import { Broadcasts } from '../src/providers/websocket/broadcasts.js';
import { type Counterpart, describeConformance, type Failure } from './conformance/conformance.js';
import { type Settings } from './conformance/fixtures.js';

type Mode = 'fire_and_forget' | 'acknowledge';

let broadcasts: Broadcasts;
/** The worker's side; it has a Redis once the api has been started. */
const broadcaster: Broadcaster = { broadcast: (broadcast) => broadcasts.broadcast(broadcast) };

/** Two api processes, and the `ws` client at the second. At the first are those who do not behave. */
async function start(mode: Mode): Promise<Counterpart> {
  const hookstream = await startApi();
  const second = await hookstream.startApi();
  const headers = { 'X-API-Key': hookstream.apiKey };
  const redis = new Redis(hookstream.redisUrl);
  const listener = new ChannelListener(redis, createLogger('test', 'silent'));
  broadcasts = new Broadcasts(redis, listener);
  environmentId = hookstream.tenant.environmentId;
  const clients: StreamClient[] = [];
  const connect = async (url: string, channel: string, acknowledges: boolean) => {
    const client = await connectStream(url, { headers, acknowledges });
    await client.subscribe(channel);
    clients.push(client);
    return client;
  };
  const consumer = await connect(second.url, 'orders', true);
  await connect(hookstream.url, 'silent', false);
  const rude = await connect(hookstream.url, 'rude', false);
  rude.socket.on('message', () => rude.socket.terminate());
  const frozen = await connect(hookstream.url, 'frozen', false);
  frozen.socket.pause();
  return {
    port: 0,
    settingsAt: () => settings('orders', mode),
    arrived: () =>
      consumer.events().map(({ data }) => ({
        eventId: data?.event_id ?? '',
        body: Buffer.from(data?.payload ?? '', data?.encoding === 'base64' ? 'base64' : 'utf8'),
      })),
    stop: async () => {
      for (const { socket } of clients) socket.terminate();
      listener.onApplicationShutdown();
      redis.disconnect();
      await hookstream.stop();
    },
  };
}

let environmentId = '';
const settings = (channel_name: string, mode: Mode): Settings => ({
  type: 'websocket',
  environmentId,
  config: { channel_name, mode },
});
const at = (channel: string, timeoutMs = 5_000) => ({
  settings: () => ({ ...settings(channel, 'acknowledge'), timeoutMs }),
});

const TOO_LARGE: Failure = {
  name: 'more than fits',
  body: Buffer.alloc(4 * 1024 * 1024 + 1),
  expected: { kind: 'permanent', cause: 'payload_too_large' },
};

describeConformance({
  name: 'websocket, fire and forget',
  start: () => start('fire_and_forget'),
  broadcaster,
  secrets: [],
  http: false,
  dials: false,
  largestBody: 4 * 1024 * 1024,
  failures: [TOO_LARGE],
});

describeConformance({
  name: 'websocket, with acknowledgement',
  start: () => start('acknowledge'),
  broadcaster,
  secrets: [],
  http: false,
  dials: false,
  largestBody: 4 * 1024 * 1024,
  failures: [
    TOO_LARGE,
    { name: 'nobody has subscribed', ...at('nobody'), expected: { kind: 'retryable', cause: 'no_subscriber' } },
    { name: 'nobody acknowledges', ...at('silent', 300), expected: { kind: 'retryable', cause: 'timeout' } },
    { name: 'nobody reads', ...at('frozen', 300), expected: { kind: 'retryable', cause: 'timeout' } },
    { name: 'the client hangs up', ...at('rude'), expected: { kind: 'retryable', cause: 'connection_reset' } },
  ],
});
