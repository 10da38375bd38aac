import { Redis } from 'ioredis';
import pg from 'pg';
import { StartupError } from './startup-error.js';

const CONNECT_TIMEOUT_MS = 5_000;

/** Rejects unless PostgreSQL answers. */
export async function probePostgres(url: string): Promise<void> {
  await withClient(url, (client) => client.query('select'));
}

/** Rejects until the server answers; then makes sure that the database exists. @param serverUrl without a database */
export async function ensureDatabase(serverUrl: string, name: string): Promise<void> {
  await withClient(`${serverUrl}/postgres`, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  });
}

/** Rejects unless Redis answers and has loaded its data. */
export async function probeRedis(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
  });
  let cause: Error | undefined;
  client.on('error', (error: Error) => (cause ??= error));
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    // "Connection is closed" is all that connect() says; the reason comes as an event.
    throw cause ?? error;
  } finally {
    client.disconnect();
  }
}

/**
 * Checks a server that the user named.
 *
 * @param variable the environment variable with the URL
 * @throws StartupError with the reason, without user name and password
 */
export async function requireReachable(
  variable: 'DATABASE_URL' | 'REDIS_URL',
  url: string,
  probe: (url: string) => Promise<void>,
): Promise<void> {
  try {
    await probe(url);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new StartupError(`The server at ${new URL(url).host} (${variable}) cannot be used: ${message || code}`);
  }
}

async function withClient(url: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection that breaks while idle would otherwise end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
