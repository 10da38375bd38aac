import { Redis } from 'ioredis';

const COUNTER = 'testing:databases';

/** A Redis database of its own, empty, on the server that the global set-up started. */
export async function testRedisUrl(): Promise<string> {
  const server = process.env.TEST_REDIS_URL;
  if (!server) throw new Error('TEST_REDIS_URL is not set: run the tests with npm test');
  const counter = new Redis(server);
  try {
    const [, databases = '16'] = await counter.config('GET', 'databases');
    const url = new URL(server);
    // Number 0 keeps the counter itself.
    url.pathname = `/${1 + ((await counter.incr(COUNTER)) % (Number(databases) - 1))}`;
    const own = new Redis(url.href);
    await own.flushdb();
    own.disconnect();
    return url.href;
  } finally {
    counter.disconnect();
  }
}
