import { type RedisOptions } from 'ioredis';

/**
 * Connection options of a Redis URL, `rediss://` and database number included.
 *
 * @param redisUrl such as `redis://user:password@host:6379/0`
 */
export function redisOptions(
  redisUrl: string,
): Pick<RedisOptions, 'host' | 'port' | 'username' | 'password' | 'db' | 'tls'> {
  const url = new URL(redisUrl);
  return {
    host: url.hostname,
    port: Number(url.port || 6379),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    db: Number(url.pathname.slice(1) || 0),
    tls: url.protocol === 'rediss:' ? {} : undefined,
  };
}
