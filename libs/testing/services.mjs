/**
 * PostgreSQL and Redis for the tests: own ones on free ports with throw-away data, or those that DATABASE_URL and REDIS_URL
 * name. Uses the compiled code of apps/standalone, which prepare.mjs has built by the time Jest runs.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DataDirectory } from '../../dist/apps/standalone/src/data-directory.js';
import { startEmbeddedPostgres } from '../../dist/apps/standalone/src/embedded-postgres.js';
import { startEmbeddedRedis } from '../../dist/apps/standalone/src/embedded-redis.js';
import { isRunning, recordOf } from '../../dist/apps/standalone/src/process-identity.js';
import { findRedisServer } from '../../dist/apps/standalone/src/redis-server.js';
import { migrate } from '../../dist/libs/database/src/index.js';

const PREFIX = 'hookstream-test-';
const KILL_WAIT_MS = 2_000;
const STOP_SIGNALS = { PostgreSQL: 'SIGQUIT' };

/**
 * @typedef {object} TestServicesOptions
 * @property {boolean} [own] never someone else's servers, whatever the environment names: these are going to be killed
 * @property {boolean} [durable] as the product runs them; otherwise faster, and not safe in a power cut
 * @property {(name: 'PostgreSQL' | 'Redis', pid: number | undefined) => void} [onProcess] told about every start and end
 */
export class TestServices {
  #directory = new DataDirectory(mkdtempSync(join(tmpdir(), PREFIX)));
  #processes = [];
  #template = `hookstream_template_${randomBytes(4).toString('hex')}`;
  #databaseUrl;
  #given;
  #durable;
  #onProcess;

  /** @param {TestServicesOptions} options */
  constructor({ own = false, durable = false, onProcess = () => undefined } = {}) {
    this.#given = own ? {} : { databaseUrl: process.env.DATABASE_URL, redisUrl: process.env.REDIS_URL };
    this.#durable = durable;
    this.#onProcess = onProcess;
  }

  /** Starts what is not given and migrates a template. @returns the environment for the tests */
  async start() {
    await removeLeftovers();
    const [databaseUrl, redisUrl] = await Promise.all([this.#postgres(), this.#redis()]);
    this.#databaseUrl = databaseUrl;
    await this.#administer(`create database ${this.#template}`);
    await migrate(withDatabase(databaseUrl, this.#template));
    return { TEST_DATABASE_URL: databaseUrl, TEST_TEMPLATE_DATABASE: this.#template, TEST_REDIS_URL: redisUrl };
  }

  async stop() {
    // Someone else's server keeps nothing of ours.
    if (this.#given.databaseUrl && this.#databaseUrl) {
      await this.#administer(`drop database if exists ${this.#template} with (force)`);
    }
    await Promise.all(this.#processes.map((service) => service.stop()));
    this.#remove();
  }

  /** For the end of this process, where no promise is waited for any more. */
  kill() {
    const records = this.#processes.flatMap(({ pid }) => (pid ? (recordOf(pid) ?? []) : []));
    for (const service of this.#processes) service.kill();
    const deadline = Date.now() + KILL_WAIT_MS;
    while (records.some(isRunning) && Date.now() < deadline)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    this.#remove();
  }

  async #postgres() {
    if (this.#given.databaseUrl) return this.#given.databaseUrl;
    const { url, process: service } = await startEmbeddedPostgres(this.#options('postgres'));
    this.#processes.push(service);
    return withDatabase(url, 'postgres');
  }

  async #redis() {
    if (this.#given.redisUrl) return this.#given.redisUrl;
    const server = await findRedisServer(process.env.PATH ?? '', (text, work) => {
      console.log(text);
      return work();
    });
    const { url, process: service } = await startEmbeddedRedis(server, this.#options('redis'));
    this.#processes.push(service);
    return url;
  }

  #options(name) {
    return {
      directory: this.#directory.file(name),
      password: randomBytes(16).toString('hex'),
      durable: this.#durable,
      supervisor: {
        warn: (text) => console.error(text),
        record: (service, pid) => {
          this.#directory.record(service, pid);
          this.#onProcess(service, pid);
        },
      },
    };
  }

  async #administer(statement) {
    const client = new pg.Client({ connectionString: this.#databaseUrl });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }

  #remove() {
    rmSync(this.#directory.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Ends the services of test runs that were killed, and removes their directories. Those of running ones are locked. */
async function removeLeftovers() {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const path = join(tmpdir(), name);
    // Without a lock it is a run that is just starting.
    if (!existsSync(join(path, 'lock'))) continue;
    try {
      await new DataDirectory(path).endLeftovers(STOP_SIGNALS);
      rmSync(path, { recursive: true, force: true });
    } catch {
      // In use, or another user's.
    }
  }
}

function withDatabase(url, name) {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
