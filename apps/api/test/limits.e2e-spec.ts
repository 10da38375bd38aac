import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import request, { type Response } from 'supertest';
import { eventually, type Hookstream, startApi, startHookstream } from '#libs/testing';
import { Client, expectError, type View } from './client.js';

const rateOf = ({ headers }: Response) =>
  ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'].map((name) => Number(headers[name]));
const UNLIMITED = [1_000_000_000, 1_000_000_000, 60];

describe('Rate limits', () => {
  let hookstream: Hookstream;
  const get = (path: string, key?: string, url = hookstream.url) => {
    const sending = request(url).get(path);
    return key ? sending.set('X-API-Key', key) : sending;
  };
  /** As if the minute were over. */
  async function forget(): Promise<void> {
    const redis = new Redis(hookstream.redisUrl);
    const keys = await redis.keys('hookstream:rate:*');
    if (keys.length > 0) await redis.del(keys);
    redis.disconnect();
  }

  describe('of the plan self_hosted', () => {
    beforeAll(async () => {
      hookstream = await startApi();
    });
    afterAll(() => hookstream.stop());

    it.each(['/v1/sources', '/v1/nonsense', '/v1/health', '/healthz', '/docs', '/openapi.json', '/nonsense'])(
      'are in the headers of %s, and without limit',
      async (path) => {
        expect(rateOf(await get(path, hookstream.apiKey))).toEqual(UNLIMITED);
      },
    );

    it('are in the headers of ingest and of errors, too', async () => {
      const source = await new Client(hookstream).source();
      const ingest = (id: string) => request(hookstream.url).post(`/v1/ingest/${id}`).send('{}');
      for (const response of [await ingest(source.id), await ingest('nonsense')]) {
        expect(rateOf(response)).toEqual(UNLIMITED);
      }
      const malformed = request(hookstream.url).post('/v1/sources').set('X-API-Key', hookstream.apiKey);
      expect(rateOf(await malformed.set('Content-Type', 'application/json').send('{'))).toEqual(UNLIMITED);
    });

    it('ask Redis nothing', async () => {
      const redis = new Redis(hookstream.redisUrl);
      await get('/v1/sources', hookstream.apiKey);
      expect(await redis.keys('hookstream:rate:*')).toEqual([]);
      redis.disconnect();
    });
  });

  describe('that are configured', () => {
    let second: string;
    beforeAll(async () => {
      hookstream = await startApi({
        HOOKSTREAM_PLAN_LIMITS: 'self_hosted.requests=3',
        HOOKSTREAM_PUBLIC_RATE_LIMIT: '2',
      });
      second = (await hookstream.startApi()).url;
    });
    afterAll(() => hookstream.stop());

    it('count the requests of an organization in all processes together', async () => {
      await forget();
      const answers = [
        await get('/v1/sources', hookstream.apiKey),
        await get('/v1/sources/nonsense', hookstream.apiKey, second),
        await get('/v1/sources', hookstream.apiKey, second),
        await get('/v1/sources', hookstream.apiKey),
      ] as const;
      expect(answers.map(({ status }) => status)).toEqual([200, 404, 200, 429]);
      expect(rateOf(answers[0])).toEqual([3, 2, expect.any(Number)]);
      expectError(answers[3], 429, 'Too many requests: 3 are allowed in a minute');
      const [limit, remaining, reset] = rateOf(answers[3]);
      expect([limit, remaining]).toEqual([3, 0]);
      expect(Number(answers[3].headers['retry-after'])).toBe(reset);
      expect(reset).toBeGreaterThan(50);
      expect((await get('/v1/sources', hookstream.secondTenantKey)).status).toBe(200);
      await forget();
      expect((await get('/v1/sources', hookstream.apiKey)).status).toBe(200);
    });

    it('count those without a valid key by address', async () => {
      await forget();
      const statuses = [];
      for (const key of [undefined, 'nonsense', `hs_live_${'0'.repeat(64)}`]) {
        statuses.push((await get('/v1/sources', key)).status);
      }
      expect(statuses).toEqual([401, 401, 429]);
      expect((await get('/v1/sources', hookstream.apiKey)).status).toBe(200);
    });

    it('do not count ingest', async () => {
      await forget();
      const { id } = await new Client(hookstream).source();
      for (let times = 0; times < 10; times++) {
        const response = await request(hookstream.url).post(`/v1/ingest/${id}`).send('{}');
        expect(response.status).toBe(200);
        expect(rateOf(response)).toEqual(UNLIMITED);
      }
    });
  });
});

describe('Plans', () => {
  let hookstream: Hookstream;
  let api: Client;
  beforeAll(async () => {
    hookstream = await startHookstream({
      env: {
        HOOKSTREAM_PLAN_LIMITS: 'free.sources=2,free.connections=3,free.endpoints=2,free.event_types=1,free.events=3',
      },
    });
    api = new Client(hookstream);
  });
  afterAll(() => hookstream.stop());

  const setPlan = (plan: string) =>
    hookstream.database.query('update organizations set plan = $2 where id = $1', [
      hookstream.tenant.organizationId,
      plan,
    ]);
  const usage = async () => (await api.call('get', '/billing/usage')).body as Record<string, unknown>;
  const ingest = (id: string) => request(hookstream.url).post(`/v1/ingest/${id}`).send('{}');

  it('limit how much can be made, also by several at the same time', async () => {
    await setPlan('free');
    const named = () => ({ name: 'n', slug: api.slug() });
    const ends = async () => ({
      source_id: (await api.list('/sources'))[0]!.id,
      destination_id: (await api.list('/destinations'))[0]!.id,
    });
    const application = async () => (await api.list('/applications'))[0]!.id;
    const url = 'https://example.com';
    const limited: [name: string, existing: number, limit: number, create: () => Promise<Response>][] = [
      ['sources', 0, 2, () => api.call('post', '/sources', named())],
      ['destinations', 0, 5, () => api.call('post', '/destinations', { ...named(), url })],
      ['environments', 1, 3, () => api.call('post', '/environments', named())],
      ['connections', 0, 3, async () => api.call('post', '/connections', { name: 'n', ...(await ends()) })],
      ['applications', 0, 5, () => api.call('post', '/applications', { name: 'n', uid: api.slug() })],
      ['endpoints', 0, 2, async () => api.call('post', `/applications/${await application()}/endpoints`, { url })],
      ['event types', 0, 1, () => api.call('post', '/event-types', { name: `test.${api.slug()}` })],
    ];
    for (const [name, existing, limit, create] of limited) {
      const made = await Promise.all(Array.from({ length: limit + 2 }, create));
      const room = limit - existing;
      const expected = made.map((_, index) => (index < room ? 201 : 403));
      expect({ name, statuses: made.map(({ status }) => status).sort() }).toEqual({ name, statuses: expected });
      expectError(await create(), 403, `Plan limit reached: the plan free allows ${limit} ${name}`);
    }
    expect(await usage()).toMatchObject({ sources: { used: 2, limit: 2 }, destinations: { used: 5, limit: 5 } });
    await setPlan('self_hosted');
    for (const [, , , create] of limited) expect((await create()).status).toBe(201);
  });

  it('follow a change within a second', async () => {
    expect(rateOf(await api.call('get', '/sources'))[0]).toBe(UNLIMITED[0]);
    await setPlan('free');
    await eventually(async () => expect(rateOf(await api.call('get', '/sources'))[0]).toBe(1000), 1500);
    await setPlan('self_hosted');
  });

  it('count events and end ingest when they are used up', async () => {
    await setPlan('self_hosted');
    const [source] = (await api.list('/sources')) as [View];
    for (let count = 0; count < 3; count++) expect((await ingest(source.id)).status).toBe(200);
    await eventually(async () => expect(await usage()).toMatchObject({ events: { used: 3, percentage: 0 } }));
    await setPlan('free');
    expect(await usage()).toMatchObject({
      plan: 'free',
      events: { used: 3, limit: 3, percentage: 100 },
      retention_days: 7,
    });
    const refused = await eventually(async () => {
      const response = await ingest(source.id);
      expect(response.status).toBe(429);
      return response;
    });
    expectError(refused, 429, 'The events of this month are used up');
    expect(refused.headers['retry-after']).toBe('3600');
    await setPlan('self_hosted');
    await eventually(async () => expect((await ingest(source.id)).status).toBe(200));
  });

  it('count messages like events, and take no more of them either', async () => {
    await setPlan('self_hosted');
    const used = async () => ((await usage()).events as { used: number }).used;
    const before = await used();
    const { id } = await api.application();
    const { name } = await api.eventType();
    for (let count = 0; count < 3; count++) await api.message(id, name);
    await eventually(async () => expect(await used()).toBeGreaterThanOrEqual(before + 3));
    await setPlan('free');
    const send = () => api.call('post', `/applications/${id}/messages`, { event_type: name });
    const refused = await eventually(async () => {
      const response = await send();
      expect(response.status).toBe(429);
      return response;
    });
    expectError(refused, 429, 'The events of this month are used up');
    expect(refused.headers['retry-after']).toBe('3600');
    await setPlan('self_hosted');
    await eventually(async () => expect((await send()).status).toBe(201));
  });

  it('show what is used', async () => {
    await setPlan('self_hosted');
    expect(await usage()).toEqual({
      plan: 'self_hosted',
      events: { used: expect.any(Number), limit: 1_000_000_000, percentage: 0 },
      sources: { used: expect.any(Number), limit: null },
      destinations: { used: expect.any(Number), limit: null },
      retention_days: 36_500,
    });
    expect((await api.call('get', '/billing/subscription')).body).toEqual({ subscription: null });
    const health = await request(hookstream.url).get('/v1/health');
    expect([health.status, health.body]).toEqual([200, { status: 'ok' }]);
  });
});
