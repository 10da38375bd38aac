import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { newId } from '#libs/crypto';
import { Log } from '#libs/observability';

/** A claim whose event is not stored yet is kept this long: its api may have died. */
const PENDING_MS = 10_000;
/** How long a webhook waits to learn what becomes of the same one that came before it. Storing takes milliseconds. */
const PATIENCE_MS = 2_000;
const POLL_MS = 20;
/** A Redis that says nothing for longer than this is away. */
const REDIS_WITHIN_MS = 1_000;

const PENDING = 'pending:';

/**
 * Who was first with a webhook, in Redis. A claim is pending until its event is stored, and only then makes others
 * duplicates: a retry of a webhook that could not be stored must not be swallowed. In doubt (Redis is away, the first
 * does not end) the webhook counts as new, for an event that arrives twice is better than one that is lost.
 */
@Injectable()
export class DedupClaims {
  constructor(
    @Inject(Redis) private readonly redis: Redis,
    @Inject(Log) private readonly log: Log,
  ) {}

  /**
   * Stores an event, as a duplicate if one with the same key was stored within the window.
   *
   * @param key unique over all sources
   * @param windowSeconds counted from the first
   * @param store rejects when the event is not durable
   */
  async storeOnce(
    key: string,
    windowSeconds: number,
    store: (isDuplicate: boolean) => Promise<string>,
  ): Promise<string> {
    const redisKey = `hookstream:dedup:${key}`;
    const claim = PENDING + newId();
    const standing = await this.claim(redisKey, claim).catch((err: unknown) => {
      this.log.warn({ err }, 'Redis is away: a webhook is taken for new');
      return 'unknown' as const;
    });
    if (standing !== 'first') return store(standing === 'duplicate');
    try {
      const eventId = await store(false);
      // Not awaited: until it arrives, whoever has the same key waits for it.
      this.redis.set(redisKey, eventId, 'PX', windowSeconds * 1000, 'XX').catch(() => undefined);
      return eventId;
    } catch (error) {
      this.redis.eval(RELEASE, 1, redisKey, claim).catch(() => undefined);
      throw error;
    }
  }

  private async claim(key: string, claim: string): Promise<'first' | 'duplicate' | 'unknown'> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      if (await inTime(this.redis.set(key, claim, 'PX', PENDING_MS, 'NX'))) return 'first';
      const holder = await inTime(this.redis.get(key));
      if (holder && !holder.startsWith(PENDING)) return 'duplicate';
      if (holder) await wait(POLL_MS);
    }
    return 'unknown';
  }
}

/** A claim that has run out may be another's by now. */
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = wait(REDIS_WITHIN_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`Redis did not answer within ${REDIS_WITHIN_MS} ms`);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    timer.abort();
    late.catch(() => undefined);
  }
}
