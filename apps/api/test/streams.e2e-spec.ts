import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connectStream, eventually, type Hookstream, startApi, type StreamClient } from '#libs/testing';
import { Browser } from './browser.js';
import { Client, type View } from './client.js';

const FOREIGN = expect.stringContaining('must come from a page of this gateway');

describe('WebSocket clients', () => {
  let hookstream: Hookstream;
  let api: Client;
  const clients: StreamClient[] = [];

  beforeAll(async () => {
    hookstream = await startApi({
      HOOKSTREAM_MAX_STREAMS: '6',
      HOOKSTREAM_MAX_STREAMS_PER_ENVIRONMENT: '4',
      HOOKSTREAM_PUBLIC_RATE_LIMIT: '0',
      HOOKSTREAM_SIGN_UP: 'open',
    });
    api = new Client(hookstream);
  });
  afterEach(async () => {
    for (const { socket } of clients) socket.terminate();
    await Promise.all(clients.splice(0).map(({ ended }) => ended));
    await eventually(async () => expect(await metric('hookstream_streams')).toBe(0));
  });
  afterAll(() => hookstream.stop());

  const metric = async (name: string) => {
    const text = await (await fetch(`${hookstream.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  async function connect(options: Parameters<typeof connectStream>[1] = keyed(hookstream.apiKey)) {
    const client = await connectStream(hookstream.url, options);
    clients.push(client);
    return client;
  }
  const keyed = (key: string) => ({ headers: { 'X-API-Key': key } });
  const refusal = async (options: Parameters<typeof connectStream>[1]) => {
    const refused = await connect(options).then(
      () => undefined,
      ({ message }: Error) => JSON.parse(message) as { status: number; error: string },
    );
    return [refused?.status, refused?.error];
  };
  const newKey = async (fields: object): Promise<View & { key: string }> =>
    (await api.call('post', '/auth/api-keys', { name: 'Key', ...fields })).body as View & { key: string };

  it('are welcomed with a key, wherever it is', async () => {
    const { organizationId, environmentId, apiKey } = hookstream.tenant;
    const id = (uuid: string) => uuid.replaceAll('-', '');
    const welcome = { type: 'welcome', org_id: id(organizationId), env_id: id(environmentId) };
    expect((await connect()).frames).toEqual([welcome]);
    expect((await connect({ headers: { Authorization: `Bearer ${apiKey}` } })).frames).toEqual([welcome]);
    expect((await connect({ query: `?token=${apiKey}` })).frames).toEqual([welcome]);
    // A page of anybody may use a key that it has.
    expect((await connect({ query: `/?token=${apiKey}`, headers: { Origin: 'https://app.example' } })).frames).toEqual([
      welcome,
    ]);
    expect(hookstream.api.log()).not.toContain(apiKey);
  });

  it('are refused without a key that may read events', async () => {
    expect(await refusal({})).toEqual([401, expect.stringContaining('Missing API key')]);
    expect(await refusal({ query: '?token=nonsense' })).toEqual([401, expect.stringContaining('Invalid API key')]);
    const { key } = await newKey({ scopes: 'sources:write' });
    expect(await refusal(keyed(key))).toEqual([
      403,
      expect.stringContaining('This API key lacks the scope events:read'),
    ]);
    const reading = await newKey({ scopes: 'events:read' });
    await connect(keyed(reading.key));
    expect(await refusal({ ...keyed(reading.key), query: '?env_id=00000000000000000000000000000000' })).toEqual([
      404,
      expect.stringContaining('Environment not found'),
    ]);
  });

  it('may be people at a page of the gateway, not of others', async () => {
    const browser = new Browser(hookstream.url);
    const cookie = String((await browser.signUp()).headers['set-cookie']?.[0]).split(';')[0]!;
    await connect({ headers: { cookie, Origin: hookstream.url } });
    expect(await refusal({ headers: { cookie, Origin: 'https://evil.example' } })).toEqual([403, FOREIGN]);
    expect(await refusal({ headers: { cookie } })).toEqual([403, FOREIGN]);
    const { body } = await browser.call('get', '/v1/environments');
    const [environment] = (body as { environments: View[] }).environments;
    const elsewhere = await connect({
      headers: { cookie, Origin: hookstream.url },
      query: `?env_id=${environment?.id}`,
    });
    expect(elsewhere.frames).toMatchObject([{ env_id: environment?.id }]);
  });

  it('subscribe to channels, and hear what is wrong', async () => {
    const client = await connect();
    await client.subscribe('orders');
    await client.subscribe('orders');
    client.say({ type: 'unsubscribe', channel: 'orders' });
    client.say('hello');
    client.say({ type: 'subscribe', channel: 'deliveries' });
    client.socket.send(Buffer.from('{"type":"ack","id":"x"}'), { binary: true });
    client.say({ type: 'ack', id: 'unknown' });
    for (let number = 0; number <= 100; number += 1) client.say({ type: 'subscribe', channel: `c${number}` });
    await eventually(() => expect(client.frames).toHaveLength(7 + 101));
    expect(client.frames.slice(3, 7)).toEqual([
      { type: 'unsubscribed', channel: 'orders' },
      { type: 'error', error: 'A message must be a JSON object.' },
      { type: 'error', error: expect.stringMatching(/^channel must be /) },
      { type: 'error', error: 'A message must be a JSON object.' },
    ]);
    expect(client.frames.slice(7)).toContainEqual({
      type: 'error',
      channel: 'c100',
      error: 'A client may subscribe to 100 channels.',
    });
  });

  it('are cut off when they say too much', async () => {
    const client = await connect();
    client.say('x'.repeat(16 * 1024 + 1));
    expect(await client.ended).toMatchObject({ code: 1009 });
  });

  it('are so many and no more', async () => {
    const many = await Promise.all(Array.from({ length: 4 }, () => connect()));
    expect(await refusal(keyed(hookstream.apiKey))).toEqual([429, 'This environment has too many WebSocket clients']);
    await connect(keyed(hookstream.secondTenantKey));
    await connect(keyed(hookstream.secondTenantKey));
    expect(await refusal(keyed(hookstream.secondTenantKey))).toEqual([
      503,
      'No more WebSocket clients are taken here at the moment; try again',
    ]);
    expect(await metric('hookstream_streams')).toBe(6);
    many[0]!.socket.close();
    await many[0]!.ended;
    await eventually(() => connect());
  });

  it('are sent away when their key is revoked or ends, or their session', async () => {
    const [revoked, ending] = [
      await newKey({}),
      await newKey({ expires_at: new Date(Date.now() + 2_000).toISOString() }),
    ];
    const [client, other, stays] = [
      await connect(keyed(revoked.key)),
      await connect(keyed(ending.key)),
      await connect(),
    ];
    const startedAt = performance.now();
    await api.call('delete', `/auth/api-keys/${revoked.id}`);
    expect(await client.ended).toEqual({ code: 1008, reason: 'The key or session is no longer valid.' });
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(await other.ended).toMatchObject({ code: 1008 });
    await stays.subscribe('orders');
  });

  it('are sent away when their session ends', async () => {
    const browser = new Browser(hookstream.url);
    const cookie = String((await browser.signUp()).headers['set-cookie']?.[0]).split(';')[0]!;
    const client = await connect({ headers: { cookie, Origin: hookstream.url } });
    await browser.call('post', '/api/auth/sign-out');
    expect(await client.ended).toMatchObject({ code: 1008 });
  });

  it('are cut off when they are dead', async () => {
    const [dead, alive] = [await connect({ ...keyed(hookstream.apiKey), autoPong: false }), await connect()];
    expect(await dead.ended).toMatchObject({ code: 1006 });
    await alive.subscribe('orders');
  }, 40_000);

  it('are not who asks without an upgrade', async () => {
    const answer = await api.call('get', '/ws');
    expect([answer.status, answer.body]).toMatchObject([426, { error: 'This path is for WebSocket clients' }]);
    expect((await api.call('get', '/ws/nowhere')).status).toBe(404);
  });

  it('are not confused with those who offer HTTP/2', async () => {
    const { id } = await api.source();
    const status = await new Promise((resolve, reject) => {
      const sending = httpRequest(`${hookstream.url}/v1/ingest/${id}`, {
        method: 'POST',
        headers: {
          connection: 'Upgrade, HTTP2-Settings',
          upgrade: 'h2c',
          'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
        },
      });
      sending.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
      sending.end('{"a":1}');
    });
    expect(status).toBe(200);
  });

  it('hear that the server ends, which does not wait for them', async () => {
    const second = await hookstream.startApi();
    const [client, deaf] = await Promise.all([
      connectStream(second.url, keyed(hookstream.apiKey)),
      connectStream(second.url, keyed(hookstream.apiKey)),
    ]);
    deaf.socket.pause();
    const startedAt = performance.now();
    await second.kill('SIGTERM');
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(await client.ended).toEqual({ code: 1001, reason: 'This server ends: connect again.' });
    deaf.socket.terminate();
  });
});
