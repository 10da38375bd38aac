/**
 * How much CPU hookstream spends on an event, and how fast it is, on this machine:
 *
 *   npm run build && node bench/throughput.mjs [--seconds 10] [--connections 64] [--transform]
 *
 * Starts everything as `npm start` does (durable PostgreSQL and Redis, api and worker as processes of their own), a
 * receiver, and a sender with so many connections that each send their next webhook when the last was answered. Run by hand,
 * on a quiet machine; the sender and the receiver share the cores with what is measured, so CPU per event is the steadier
 * figure. Linux only (/proc).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '64' },
    transform: { type: 'boolean', default: false },
  },
});
const API_KEY = `hs_test_${'0'.repeat(64)}`;
const PORT = 24_301;
const BODY = JSON.stringify({ id: 1, type: 'payment.succeeded', note: 'x'.repeat(960) });
const TICKS_PER_SECOND = 100;

const directory = mkdtempSync(join(tmpdir(), 'hookstream-bench-'));
const product = spawn(process.execPath, ['dist/apps/standalone/src/main.js'], {
  env: {
    PATH: process.env.PATH,
    PORT: String(PORT),
    HOOKSTREAM_DATA_DIR: join(directory, 'data'),
    HOOKSTREAM_API_KEY: API_KEY,
    HOOKSTREAM_LOG_FORMAT: 'json',
    LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  await ready();
  const receiver = await startReceiver();
  const pool = new Pool(`http://127.0.0.1:${PORT}`, { connections: Number(options.connections) });
  const path = await connect(pool, receiver.url);
  await send(pool, path, 3);
  await receiver.caughtUp();
  const cpuBefore = cpuSeconds();
  const receivedBefore = receiver.received();
  const startedAt = performance.now();
  const { accepted, latencies } = await send(pool, path, Number(options.seconds));
  const sendingSeconds = (performance.now() - startedAt) / 1000;
  await receiver.caughtUp(receivedBefore + accepted);
  const seconds = (performance.now() - startedAt) / 1000;
  report({ accepted, latencies, sendingSeconds, seconds, cpuBefore, cpuAfter: cpuSeconds() });
  await pool.close();
  receiver.stop();
} finally {
  product.kill('SIGINT');
  await once(product, 'close');
  rmSync(directory, { recursive: true, force: true });
}

async function ready() {
  for await (const chunk of product.stdout) {
    if (String(chunk).includes('hookstream is ready')) break;
  }
  product.stdout.resume();
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

async function connect(pool, url) {
  const create = async (resource, body) => {
    const response = await pool.request({
      method: 'POST',
      path: `/v1/${resource}s`,
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.body.json())[resource].id;
  };
  const source_id = await create('source', { name: 'bench', slug: 'bench' });
  const destination_id = await create('destination', { name: 'bench', slug: 'bench', url });
  await create('connection', {
    name: 'bench',
    source_id,
    destination_id,
    ...(options.transform && {
      transform_enabled: true,
      transform_expression: '{"id": id, "kind": $split(type, ".")[0]}',
    }),
  });
  return `/v1/ingest/${source_id}`;
}

async function send(pool, path, seconds) {
  const latencies = [];
  const until = performance.now() + seconds * 1000;
  const sender = async () => {
    while (performance.now() < until) {
      const at = performance.now();
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json' },
        body: BODY,
      });
      await body.dump();
      if (statusCode !== 200) throw new Error(`ingest answered ${statusCode}`);
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: Number(options.connections) }, sender));
  return { accepted: latencies.length, latencies };
}

/** User and system time of the product's processes, with their children and theirs. */
function cpuSeconds() {
  const processes = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      processes.set(Number(pid), { parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND });
    } catch {
      // Ended meanwhile.
    }
  }
  const records = JSON.parse(readFileSync(join(directory, 'data/processes.json'), 'utf8'));
  const isBelow = (pid, root) => pid === root || (processes.has(pid) && isBelow(processes.get(pid).parent, root));
  return Object.fromEntries(
    Object.entries(records).map(([name, { pid: root }]) => [
      name,
      [...processes].reduce((sum, [pid, { seconds }]) => sum + (isBelow(pid, root) ? seconds : 0), 0),
    ]),
  );
}

function report({ accepted, latencies, sendingSeconds, seconds, cpuBefore, cpuAfter }) {
  latencies.sort((a, b) => a - b);
  const percentile = (share) => latencies[Math.floor(latencies.length * share)].toFixed(1);
  console.log(`events                ${accepted}`);
  console.log(`accepted per second   ${Math.round(accepted / sendingSeconds)}`);
  console.log(`delivered per second  ${Math.round(accepted / seconds)}`);
  console.log(`accepted in ms        p50 ${percentile(0.5)}, p99 ${percentile(0.99)}`);
  let total = 0;
  for (const name of Object.keys(cpuAfter)) {
    const microseconds = ((cpuAfter[name] - cpuBefore[name]) * 1e6) / accepted;
    total += microseconds;
    console.log(`CPU µs per event      ${microseconds.toFixed(0).padStart(4)}  ${name}`);
  }
  console.log(`CPU µs per event      ${total.toFixed(0).padStart(4)}  in all`);
}
