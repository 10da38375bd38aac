import { type RedisOptions } from 'ioredis';
import { type Log } from '#libs/observability';

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

/**
 * Listener for the errors of a Redis connection, which reconnects by itself; an error nobody listens to is printed raw.
 *
 * @param connection what it is for
 */
export function logged(log: Log, connection: string): (error: Error) => void {
  return ({ message }) => log.warn({ connection, reason: message }, 'Redis connection failed');
}
