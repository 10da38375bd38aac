import { type ApiKeyNote, type Banner } from './banner.js';
import { childApp, untilAppReady } from './child-app.js';
import { DataDirectory } from './data-directory.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { startEmbeddedRedis } from './embedded-redis.js';
import { FirstKey } from './first-key.js';
import { type Output } from './output.js';
import { freePort, requirePort } from './ports.js';
import { probePostgres, probeRedis, requireReachable } from './probes.js';
import { findRedisServer } from './redis-server.js';
import { Secrets } from './secrets.js';
import { type Settings } from './settings.js';
import { StartupError } from './startup-error.js';
import { type SupervisedProcess, type Supervisor } from './supervised-process.js';

/** Nobody but this process asks the worker anything. */
const WORKER_HOST = '127.0.0.1';

/** All of hookstream on this machine: PostgreSQL, Redis, api and worker, started in this order and stopped in reverse. */
export class Product implements Supervisor {
  #directory: DataDirectory | undefined;
  /** In the order of their start; those of one group stop together. */
  readonly #groups: SupervisedProcess[][] = [];

  /** @param signal aborts a start that is under way */
  constructor(
    private readonly settings: Settings,
    private readonly output: Output,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * @param show tells the person that everything runs, and the first key
   * @throws StartupError when something is in the way that a person can remove
   */
  async start(show: (banner: Omit<Banner, 'seconds'>) => void): Promise<void> {
    const { settings } = this;
    const directory = new DataDirectory(settings.dataDirectory);
    this.#directory = directory;
    const leftovers = await directory.endLeftovers({ PostgreSQL: 'SIGINT' });
    if (leftovers.length > 0) this.output.say(`Ended what a killed run left behind: ${leftovers.join(', ')}`);
    const port = await requirePort(settings.port, settings.host);
    const secrets = new Secrets(directory.file('secrets.json'));

    // What can be missing is looked for before anything slow is started.
    const startRedis = await this.#redis(directory, secrets);
    const databaseUrl = await this.#database(directory, secrets);
    const redisUrl = await startRedis();
    const firstKey = new FirstKey(secrets, settings.apiKey);
    const apiKey = await this.#migrate(databaseUrl, firstKey);
    const url = await this.#apps(port, {
      ...settings.passedOn,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      HOOKSTREAM_KEYRING: settings.keyring ?? secrets.values.keyring,
      HOOKSTREAM_ALLOWED_TARGETS: settings.allowedTargets,
    });
    const { dataDirectory, allowedTargets } = settings;
    show({ url: settings.publicUrl ?? url, apiKey, dataDirectory, allowedTargets });
    firstKey.forget(apiKey);
  }

  /** Stops what was started, the last first. */
  async stop(): Promise<void> {
    for (const group of this.#groups.toReversed()) {
      await Promise.all(group.map((process) => this.#stopOne(process)));
    }
    this.#directory?.close();
  }

  /** Ends everything at once. Nothing that was acknowledged is lost; the next start takes a little longer. */
  kill(): void {
    for (const process of this.#groups.flat()) process.kill();
    this.#directory?.close();
  }

  warn(text: string): void {
    this.output.warn(text);
  }

  record(name: string, pid: number | undefined): void {
    this.#directory?.record(name, pid);
  }

  async #database(directory: DataDirectory, { values }: Secrets): Promise<string> {
    const { databaseUrl } = this.settings;
    if (databaseUrl) {
      await requireReachable('DATABASE_URL', databaseUrl, probePostgres);
      return databaseUrl;
    }
    const start = () =>
      startEmbeddedPostgres({ ...this.#embedded(directory, 'postgres'), password: values.postgresPassword });
    const { url, process } = await this.output.step('Starting PostgreSQL…', start);
    this.#groups.push([process]);
    return url;
  }

  /** @returns starts Redis if it is ours, and knows its URL */
  async #redis(directory: DataDirectory, { values }: Secrets): Promise<() => Promise<string>> {
    const { redisUrl } = this.settings;
    if (redisUrl) {
      await requireReachable('REDIS_URL', redisUrl, probeRedis);
      return () => Promise.resolve(redisUrl);
    }
    const server = await findRedisServer(this.settings.path, (text, work) => this.output.step(text, work));
    this.signal.throwIfAborted();
    return async () => {
      const start = () =>
        startEmbeddedRedis(server, { ...this.#embedded(directory, 'redis'), password: values.redisPassword });
      const { url, process } = await this.output.step('Starting Redis…', start);
      this.#groups.push([process]);
      return url;
    };
  }

  #embedded(directory: DataDirectory, name: string) {
    return { directory: directory.file(name), durable: true, supervisor: this, signal: this.signal };
  }

  async #migrate(databaseUrl: string, firstKey: FirstKey): Promise<ApiKeyNote> {
    return this.output.step('Bringing the database up to date…', async () => {
      // Loaded late: they bring half of the ORM with them, which no one who mistyped a variable should wait for.
      const [{ migrate }, { provisionFirstTenant }] = await Promise.all([
        import('#libs/database'),
        import('#libs/tenancy'),
      ]);
      await migrate(databaseUrl).catch((error: Error) => {
        throw new StartupError(`The database could not be brought up to date: ${error.message}`);
      });
      return firstKey.provision((apiKey) => provisionFirstTenant(databaseUrl, apiKey));
    });
  }

  /** @returns base URL of the api */
  async #apps(port: number, env: NodeJS.ProcessEnv): Promise<string> {
    const { host } = this.settings;
    const workerPort = await freePort(WORKER_HOST);
    this.signal.throwIfAborted();
    const api = childApp('api', { ...env, HOST: host, PORT: String(port) }, this, this.output);
    const worker = childApp('worker', { ...env, HOST: WORKER_HOST, PORT: String(workerPort) }, this, this.output);
    this.#groups.push([api, worker]);
    const url = baseUrl(host, port);
    await this.output.step('Starting api and worker…', async () => {
      api.start();
      worker.start();
      await Promise.all([
        untilAppReady(api, url, this.signal),
        untilAppReady(worker, baseUrl(WORKER_HOST, workerPort), this.signal),
      ]);
    });
    return url;
  }

  async #stopOne(process: SupervisedProcess): Promise<void> {
    const { name, graceMs } = process.plan;
    const inTime = await process.stop();
    this.output.say(inTime ? `Stopped ${name}` : `${name} did not stop within ${graceMs / 1000} s and was ended`);
  }
}

/** A URL by which this machine reaches an address that a server listens on. */
function baseUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
