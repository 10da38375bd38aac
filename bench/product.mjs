/** The whole product, as `npm start` runs it, for the measurements in this directory. Linux only (/proc). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Pool } from 'undici';

const API_KEY = `hs_test_${'0'.repeat(64)}`;
const PORT = 24_301;
const TICKS_PER_SECOND = 100;

/** 1 KiB of JSON. */
export const BODY = JSON.stringify({ id: 1, type: 'payment.succeeded', note: 'x'.repeat(960) });

/**
 * Starts durable PostgreSQL and Redis, an api and a worker in a directory of their own.
 *
 * @param connections to the api
 */
export async function startProduct({ connections = 64 } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'hookstream-bench-'));
  const data = join(directory, 'data');
  const child = spawn(process.execPath, ['dist/apps/standalone/src/main.js'], {
    env: {
      PATH: process.env.PATH,
      PORT: String(PORT),
      HOOKSTREAM_DATA_DIR: data,
      HOOKSTREAM_API_KEY: API_KEY,
      HOOKSTREAM_LOG_FORMAT: 'json',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const chunk of child.stdout) {
    if (String(chunk).includes('hookstream is ready')) break;
  }
  child.stdout.resume();
  const pool = new Pool(`http://127.0.0.1:${PORT}`, { connections });
  const records = () => JSON.parse(readFileSync(join(data, 'processes.json'), 'utf8'));
  // Redis listens where it found a free port; its clients were told.
  const environment = readFileSync(`/proc/${records().api.pid}/environ`, 'utf8');
  const redis = new Redis(/REDIS_URL=([^\0]+)/.exec(environment)[1]);

  const workers = [];

  const call = async (method, path, body) => {
    const response = await pool.request({
      method,
      path: `/v1/${path}`,
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const answer = await response.body.json();
    if (response.statusCode >= 300) throw new Error(`${method} ${path} answered ${JSON.stringify(answer)}`);
    return answer;
  };
  return {
    call,
    /** Makes a source, destination, connection or application; answers its id. */
    create: async (resource, body) => (await call('POST', `${resource}s`, body))[resource].id,
    /** Sends a webhook; answers its event's id. */
    ingest: async (sourceId) => {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: `/v1/ingest/${sourceId}`,
        headers: { 'content-type': 'application/json' },
        body: BODY,
      });
      if (statusCode !== 200) throw new Error(`ingest answered ${statusCode}: ${await body.text()}`);
      return (await body.json()).event_id;
    },
    /** Starts another worker like the first. */
    addWorker: async () => {
      const own = readFileSync(`/proc/${records().worker.pid}/environ`, 'utf8').split('\0').filter(Boolean);
      const env = { ...Object.fromEntries(own.map((entry) => entry.split(/=(.*)/s, 2))), PORT: String(PORT + 5) };
      const worker = spawn(process.execPath, ['dist/apps/worker/src/main.js'], { env, stdio: 'ignore' });
      workers.push(worker);
      for (;;) {
        const ready = await fetch(`http://127.0.0.1:${PORT + 5}/readyz`).catch(() => undefined);
        if (ready?.ok) return;
        await setTimeout(100);
      }
    },
    /** Bytes that Redis holds data in, without its buffers and its code. */
    redisBytes: async () => Number(/used_memory_dataset:(\d+)/.exec(await redis.info('memory'))[1]),
    cpuSeconds: () => cpuSeconds(records()),
    stop: async () => {
      for (const worker of workers) worker.kill('SIGTERM');
      redis.disconnect();
      await pool.close();
      child.kill('SIGINT');
      await once(child, 'close');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** User and system time of the product's processes, by name, with their children and theirs. */
function cpuSeconds(records) {
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
  const isBelow = (pid, root) => pid === root || (processes.has(pid) && isBelow(processes.get(pid).parent, root));
  return Object.fromEntries(
    Object.entries(records).map(([name, { pid: root }]) => [
      name,
      [...processes].reduce((sum, [pid, { seconds }]) => sum + (isBelow(pid, root) ? seconds : 0), 0),
    ]),
  );
}

/** @param sorted ascending @param share 0 to 1 */
export const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** @param ms may be over already */
export const pause = (ms) => setTimeout(Math.max(0, ms));

export const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;

/** A receiver on all addresses of this machine. */
export async function listen(handle) {
  const server = createServer(handle).listen(0);
  await once(server, 'listening');
  return { port: server.address().port, close: () => server.close().closeAllConnections() };
}

/** Runs work on so many lines side by side until the time is over. */
export async function repeat(seconds, lines, work) {
  const until = performance.now() + seconds * 1000;
  const line = async () => {
    while (performance.now() < until) await work();
  };
  await Promise.all(Array.from({ length: lines }, line));
}
