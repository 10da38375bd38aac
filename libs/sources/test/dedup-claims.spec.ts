import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createLogger } from '#libs/observability';
import { testRedisUrl } from '#libs/testing';
import { DedupClaims } from '../src/dedup-claims.js';

const log = createLogger('test', 'silent');

/** What a webhook was stored as. */
async function storedAs(claims: DedupClaims, key: string, store = () => Promise.resolve('event')): Promise<string> {
  let standing = '';
  await claims.storeOnce(key, 60, (isDuplicate) => {
    standing = isDuplicate ? 'duplicate' : 'new';
    return store();
  });
  return standing;
}

describe('DedupClaims', () => {
  let redis: Redis;
  let claims: DedupClaims;

  beforeAll(async () => {
    redis = new Redis(await testRedisUrl());
    claims = new DedupClaims(redis, log);
  });
  afterAll(() => redis.disconnect());

  it('makes others wait for the first, and lets one of them follow when it fails', async () => {
    const started = Promise.withResolvers<void>();
    const storing = Promise.withResolvers<string>();
    const first = storedAs(claims, 'a', () => {
      started.resolve();
      return storing.promise;
    });
    const refused = expect(first).rejects.toThrow('not durable');
    await started.promise;
    const others = ['x', 'y', 'z'].map(() => storedAs(claims, 'a'));
    storing.reject(new Error('not durable'));
    await refused;
    expect((await Promise.all(others)).sort()).toEqual(['duplicate', 'duplicate', 'new']);
  });

  it('does not take away the claim of another when its own has run out', async () => {
    const failing = storedAs(claims, 'b', async () => {
      await redis.set('hookstream:dedup:b', 'event of another');
      throw new Error('not durable');
    });
    await expect(failing).rejects.toThrow('not durable');
    expect(await storedAs(claims, 'b')).toBe('duplicate');
  });

  it('takes every webhook for new while Redis is away or says nothing', async () => {
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    for (const enableReadyCheck of [true, false]) {
      const silent = new Redis({ port, maxRetriesPerRequest: 1, enableReadyCheck, lazyConnect: true });
      silent.on('error', () => undefined);
      const startedAt = performance.now();
      expect(await storedAs(new DedupClaims(silent, log), 'c')).toBe('new');
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      silent.disconnect();
    }
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
    const away = new Redis({ port, maxRetriesPerRequest: 1 });
    away.on('error', () => undefined);
    expect(await storedAs(new DedupClaims(away, log), 'c')).toBe('new');
    away.disconnect();
  });
});
