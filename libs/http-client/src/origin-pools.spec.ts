import http from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OriginPools } from './origin-pools.js';

const MINUTE_MS = 60_000;
const ORIGIN = 'http://127.0.0.1:1';

describe('OriginPools', () => {
  let pools: OriginPools;
  beforeEach(() => {
    pools = new OriginPools({});
  });
  afterEach(() => pools.destroy());

  it('keeps one pool per origin', () => {
    expect(pools.get(ORIGIN)).toBe(pools.get(ORIGIN));
    expect(pools.get('http://127.0.0.1:2')).not.toBe(pools.get(ORIGIN));
    expect(pools.size).toBe(2);
  });

  it('forgets an origin a minute after its last call, and no sooner', () => {
    const pool = pools.get(ORIGIN);
    const calledAt = performance.now();
    pools.forgetUnused(calledAt + MINUTE_MS / 2);
    expect(pools.get(ORIGIN)).toBe(pool);
    pools.forgetUnused(performance.now() + MINUTE_MS);
    expect(pools.size).toBe(0);
    expect(pool.closed).toBe(true);
  });

  it('keeps an origin that still has a request under way', async () => {
    const server = http.createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const pool = pools.get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const request = pool.request({ path: '/', method: 'GET' });
    const [, response] = (await once(server, 'request')) as [unknown, http.ServerResponse];
    pools.forgetUnused(performance.now() + MINUTE_MS);
    expect(pools.size).toBe(1);
    response.end();
    await (await request).body.dump();
    server.close();
  });

  it('closes every pool when destroyed', async () => {
    const pool = pools.get(ORIGIN);
    await pools.destroy();
    expect(pool.destroyed).toBe(true);
  });
});
