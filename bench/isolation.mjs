/**
 * What a broken destination costs the others:
 *
 *   npm run build && npm run bench:isolation -- [--waiting 50000] [--seconds 20] [--rate 50] [--no-breaker]
 *
 * Measures how long a healthy destination waits for its events (from the moment a webhook is sent to the api to its arrival),
 * alone, then with a hanging destination (every try ends after 30 s) and a failing one (500 at once), each with so many
 * deliveries waiting; and what Redis holds before and after. Run by hand, on a quiet machine.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { kib, percentile, startProduct } from './product.mjs';

const { values: options } = parseArgs({
  options: {
    waiting: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '50' },
    'no-breaker': { type: 'boolean', default: false },
  },
});
const waiting = Number(options.waiting);

const product = await startProduct();
const arrivedAt = new Map();
let failures = 0;
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    if (request.url === '/hanging') return;
    if (request.url === '/failing') {
      failures++;
      response.statusCode = 500;
    } else arrivedAt.set(request.headers['x-hookstream-event-id'], performance.now());
    response.end();
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;

try {
  const healthy = await line('healthy');
  await measure(healthy, 3);
  const alone = await measure(healthy, Number(options.seconds));
  const emptyBytes = await product.redisBytes();
  const broken = await product.create('source', { name: 'broken', slug: 'broken' });
  const destinations = await Promise.all(['hanging', 'failing'].map((slug) => destination(slug, broken)));
  const startedAt = performance.now();
  let sent = 0;
  const sender = async () => {
    while (sent++ < waiting) await product.ingest(broken);
  };
  await Promise.all(Array.from({ length: 64 }, sender));
  // All of them must have been routed before the healthy destination is measured.
  await settled(broken);
  const fillSeconds = (performance.now() - startedAt) / 1000;
  const beside = await measure(healthy, Number(options.seconds));
  const fullBytes = await product.redisBytes();
  const circuits = await Promise.all(
    destinations.map(async (id) => (await product.call('GET', `destinations/${id}/circuit`)).state),
  );
  console.log(`waiting               ${waiting} each, accepted and routed in ${fillSeconds.toFixed(0)} s`);
  console.log(`circuits              hanging ${circuits[0]}, failing ${circuits[1]} (${failures} tries)`);
  print('healthy alone', alone);
  print('healthy beside them', beside);
  console.log(`p95 ratio             ${(percentile(beside, 0.95) / percentile(alone, 0.95)).toFixed(2)}`);
  console.log(`Redis data            ${kib(emptyBytes)} empty, ${kib(fullBytes)} with the backlog`);
} finally {
  server.close().closeAllConnections();
  await product.stop();
}

async function destination(slug, source_id) {
  const destination_id = await product.create('destination', {
    name: slug,
    slug,
    url: `${url}/${slug}`,
    circuit_breaker_enabled: !options['no-breaker'],
  });
  await product.create('connection', { name: slug, source_id, destination_id });
  return destination_id;
}

async function line(slug) {
  const source_id = await product.create('source', { name: slug, slug });
  await destination(slug, source_id);
  return source_id;
}

/** Sends at an even rate; answers the times from sending to arrival in milliseconds, sorted. */
async function measure(source, seconds) {
  const times = [];
  const count = Number(options.rate) * seconds;
  const startedAt = performance.now();
  const one = async (number) => {
    await new Promise((resolve) => setTimeout(resolve, (number * 1000) / Number(options.rate)));
    const sentAt = performance.now();
    const id = await product.ingest(source);
    while (!arrivedAt.has(id)) {
      if (performance.now() - startedAt > seconds * 1000 + 60_000) throw new Error('an event did not arrive');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    times.push(arrivedAt.get(id) - sentAt);
  };
  await Promise.all(Array.from({ length: count }, (_, number) => one(number)));
  return times.sort((a, b) => a - b);
}

/** Waits until the counters of the source, which routing raises, stand at what was sent. */
async function settled(sourceId) {
  for (;;) {
    const { source } = await product.call('GET', `sources/${sourceId}`);
    if (source.event_count >= waiting) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function print(what, times) {
  const at = (share) => percentile(times, share).toFixed(1);
  console.log(`${what.padEnd(21)} p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms (${times.length} events)`);
}
