import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RateLimiter } from '#libs/tenancy';
import { eventually, testRedisUrl } from '#libs/testing';

describe('RateLimiter', () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = new Redis(await testRedisUrl());
    await redis.ping();
  });
  afterAll(() => redis.disconnect());

  it('counts down within a minute that the first request starts', async () => {
    const limiter = new RateLimiter(redis);
    const left = [];
    for (let times = 0; times < 3; times++) left.push((await limiter.take('someone', 2)).remaining);
    expect(left).toEqual([1, 0, -1]);
    expect((await limiter.take('someone else', 2)).remaining).toBe(1);
    expect(await redis.pttl('hookstream:rate:someone')).toBeGreaterThan(50_000);
  });

  it('starts again when the minute is over', async () => {
    const limiter = new RateLimiter(redis);
    await limiter.take('late', 1);
    await redis.pexpire('hookstream:rate:late', 0);
    expect(await limiter.take('late', 1)).toEqual({ remaining: 0, resetSeconds: 60 });
  });

  it('limits nobody when Redis is away', async () => {
    const away = redis.duplicate({ lazyConnect: true });
    expect(await new RateLimiter(away).take('someone', 1)).toEqual({ remaining: 1, resetSeconds: 60 });
  });

  it('does not wait long for a Redis that does not answer', async () => {
    const busy = redis.duplicate();
    const held = busy.blpop('nothing', 5).catch(() => undefined);
    await eventually(() => expect(busy.status).toBe('ready'));
    const startedAt = performance.now();
    expect(await new RateLimiter(busy).take('someone', 1)).toEqual({ remaining: 1, resetSeconds: 60 });
    expect(performance.now() - startedAt).toBeLessThan(2000);
    busy.disconnect();
    await held;
  });
});
