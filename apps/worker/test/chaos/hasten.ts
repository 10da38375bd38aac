import { Redis } from 'ioredis';
import { admissionKeys } from '#libs/destinations';
import { type TestDatabase } from '#libs/testing';

/**
 * Lets endpoints try again what has failed now: their retry policy and their circuit breaker have more patience than a
 * run, and no settings. Servers may be coming back from their last restart.
 */
export async function hasten(database: TestDatabase, redisUrl: string, endpointIds: string[]): Promise<void> {
  await database.query(HASTEN, [endpointIds]).catch(() => undefined);
  const redis = new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  const keys = endpointIds.map(admissionKeys).flatMap(({ circuit, open }) => [circuit, open]);
  try {
    await redis.connect();
    for (const key of keys) await redis.del(key);
  } catch {
    // The next time.
  } finally {
    redis.disconnect();
  }
}

const HASTEN = `
update deliveries set next_retry_at = now() - interval '1 minute'
where state = 'retrying' and next_retry_at > now() and destination_id = any($1::uuid[])`;
