import { type AppProcess, startApp } from './app-process.js';
import { createTenant, type Tenant } from './tenant.js';
import { createDatabase, type TestDatabase } from './test-database.js';
import { testRedisUrl } from './test-redis.js';

/** The product with a database and a Redis of its own and two tenants. */
export interface Hookstream {
  /** Of the api. */
  url: string;
  tenant: Tenant;
  apiKey: string;
  secondTenantKey: string;
  database: TestDatabase;
  redisUrl: string;
  api: AppProcess;
  /** Workers that run; a test may add and kill some. */
  workers: AppProcess[];
  startApi(): Promise<AppProcess>;
  startWorker(): Promise<AppProcess>;
  /** Calls the api as the first tenant. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Stops whatever still runs. */
  stop(): Promise<void>;
}

interface Options {
  /** @defaultValue 1 */
  workers?: number;
  env?: Record<string, string>;
}

/** Starts the api and workers as separate processes. Loopback is open for receivers. */
export async function startHookstream({ workers = 1, env = {} }: Options = {}): Promise<Hookstream> {
  const [database, redisUrl] = await Promise.all([createDatabase(), testRedisUrl()]);
  const [tenant, second] = await Promise.all([createTenant(database, 'first'), createTenant(database, 'second')]);
  const environment = {
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    HOOKSTREAM_KEYRING: `test:${Buffer.alloc(32, 1).toString('base64')}`,
    HOOKSTREAM_ALLOWED_TARGETS: '127.0.0.0/8',
    ...env,
  };
  const started: AppProcess[] = [];
  const start = async (app: 'api' | 'worker') => {
    const process = await startApp(app, environment);
    started.push(process);
    return process;
  };
  const [api, ...running] = await Promise.all([
    start('api'),
    ...Array.from({ length: workers }, () => start('worker')),
  ]);
  return {
    url: api.url,
    tenant,
    apiKey: tenant.apiKey,
    secondTenantKey: second.apiKey,
    database,
    redisUrl,
    api,
    workers: running,
    startApi: () => start('api'),
    startWorker: () => start('worker'),
    call: (method, path, body) => call(api.url, tenant.apiKey, method, path, body),
    stop: async () => {
      await Promise.all(started.map((process) => process.kill('SIGTERM')));
      await database.drop();
    },
  };
}

/** Only the api. */
export function startApi(env?: Record<string, string>): Promise<Hookstream> {
  return startHookstream({ workers: 0, env });
}

async function call<T>(url: string, apiKey: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'X-API-Key': apiKey, 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
