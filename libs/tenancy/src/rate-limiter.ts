import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';

const WINDOW_MS = 60_000;
/** A Redis that has not answered by then is treated as one that is away. */
const PATIENCE_MS = 250;

/** What is left to a caller in the current minute. */
export interface Allowance {
  /** Including the request that asked; negative when there are too many. */
  remaining: number;
  resetSeconds: number;
}

/** Counts requests by the minute, together for all processes. */
@Injectable()
export class RateLimiter {
  constructor(@Inject(Redis) private readonly redis: Redis) {}

  /**
   * Counts one request.
   *
   * @param subject who is limited
   * @param limit requests in a minute
   * @returns what is left; all of it when Redis is away, for that must not close the API
   */
  async take(subject: string, limit: number): Promise<Allowance> {
    const counted = this.redis.status === 'ready' ? await this.count(`hookstream:rate:${subject}`) : undefined;
    const [count, msLeft] = counted ?? [0, WINDOW_MS];
    return { remaining: limit - count, resetSeconds: Math.ceil(msLeft / 1000) };
  }

  private async count(key: string): Promise<[count: number, msLeft: number] | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
    });
    const counted = this.redis.eval(COUNT, 1, key, WINDOW_MS).catch(() => undefined);
    try {
      return (await Promise.race([counted, late])) as [number, number] | undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The first request of a minute starts it. */
const COUNT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`;
