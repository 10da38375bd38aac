/**
 * How much CPU hookstream spends on an event, and how fast it is, on this machine:
 *
 *   npm run build && npm run bench:throughput -- [--seconds 10] [--connections 64] [--transform]
 *
 * Starts everything as `npm start` does (durable PostgreSQL and Redis, api and worker as processes of their own), a
 * receiver, and a sender with so many connections that each send their next webhook when the last was answered. Run by hand,
 * on a quiet machine; the sender and the receiver share the cores with what is measured, so CPU per event is the steadier
 * figure.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { percentile, repeat, startProduct } from './product.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '64' },
    transform: { type: 'boolean', default: false },
  },
});
const connections = Number(options.connections);

const product = await startProduct({ connections });
const receiver = await startReceiver();
try {
  const source = await connect(receiver.url);
  await repeat(3, connections, () => product.ingest(source));
  await receiver.caughtUp();
  const cpuBefore = product.cpuSeconds();
  const receivedBefore = receiver.received();
  const latencies = [];
  const startedAt = performance.now();
  await repeat(Number(options.seconds), connections, async () => {
    const at = performance.now();
    await product.ingest(source);
    latencies.push(performance.now() - at);
  });
  const sendingSeconds = (performance.now() - startedAt) / 1000;
  await receiver.caughtUp(receivedBefore + latencies.length);
  const seconds = (performance.now() - startedAt) / 1000;
  report({ latencies, sendingSeconds, seconds, cpuBefore, cpuAfter: product.cpuSeconds() });
} finally {
  receiver.stop();
  await product.stop();
}

async function startReceiver() {
  let received = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      received++;
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    received: () => received,
    stop: () => server.close().closeAllConnections(),
    caughtUp: async (count) => {
      for (let last = -1; count === undefined ? received !== last : received < count;) {
        last = received;
        await new Promise((resolve) => setTimeout(resolve, count === undefined ? 500 : 20));
      }
    },
  };
}

async function connect(url) {
  const source_id = await product.create('source', { name: 'bench', slug: 'bench' });
  const destination_id = await product.create('destination', { name: 'bench', slug: 'bench', url });
  await product.create('connection', {
    name: 'bench',
    source_id,
    destination_id,
    ...(options.transform && {
      transform_enabled: true,
      transform_expression: '{"id": id, "kind": $split(type, ".")[0]}',
    }),
  });
  return source_id;
}

function report({ latencies, sendingSeconds, seconds, cpuBefore, cpuAfter }) {
  const accepted = latencies.length;
  latencies.sort((a, b) => a - b);
  const at = (share) => percentile(latencies, share).toFixed(1);
  console.log(`events                ${accepted}`);
  console.log(`accepted per second   ${Math.round(accepted / sendingSeconds)}`);
  console.log(`delivered per second  ${Math.round(accepted / seconds)}`);
  console.log(`accepted in ms        p50 ${at(0.5)}, p99 ${at(0.99)}`);
  let total = 0;
  for (const name of Object.keys(cpuAfter)) {
    const microseconds = ((cpuAfter[name] - cpuBefore[name]) * 1e6) / accepted;
    total += microseconds;
    console.log(`CPU µs per event      ${microseconds.toFixed(0).padStart(4)}  ${name}`);
  }
  console.log(`CPU µs per event      ${total.toFixed(0).padStart(4)}  in all`);
}
