import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';
import { aTime, anId, Client, expectError, type Method, NOBODY, type View } from './client.js';

const TOKEN = 'super-secret-token-1234';

describe('Sources, destinations and connections', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let api: Client;
  let owner: { org_id: string; env_id: string };

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([startHookstream(), startReceiver()]);
    api = new Client(hookstream, receiver.url);
    owner = { org_id: hookstream.tenant.organizationId, env_id: hookstream.tenant.environmentId };
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  it('fills in the defaults of a destination', async () => {
    const view = await api.destination({ name: 'Backend', slug: 'backend' });
    expect(view).toEqual({
      ...owner,
      id: anId,
      name: 'Backend',
      slug: 'backend',
      type: 'http',
      status: 'active',
      url: receiver.url,
      method: 'POST',
      headers: null,
      timeout_ms: 30_000,
      auth_type: 'none',
      auth_config: null,
      signing_config: null,
      provider_config: null,
      retry_enabled: 1,
      retry_max_attempts: 5,
      retry_backoff_type: 'exponential',
      max_concurrency: 100,
      rate_limit_per_second: null,
      ordering: 'none',
      retry_intervals: '[30,300,1800,7200,86400]',
      circuit_breaker_enabled: 1,
      circuit_breaker_threshold: 5,
      circuit_breaker_reset_ms: 60_000,
      event_count: 0,
      last_delivery_at: null,
      created_at: aTime,
      updated_at: aTime,
    });
    const read = await api.call('get', `/destinations/dst_${view.id}`);
    expect(read.body).toEqual({ destination: { ...view, delivery_count: 0 } });
  });

  it.each([
    [{ timeout: 2.5 }, { timeout_ms: 2500 }],
    [
      { type: 'http', org_id: 'default', config: {}, provider_config: null },
      { type: 'http', provider_config: null },
    ],
    [
      { method: 'PUT', headers: { 'X-A': 'b' } },
      { method: 'PUT', headers: '{"X-A":"b"}' },
    ],
    [{ headers: '{"X-A":"b"}' }, { headers: '{"X-A":"b"}' }],
    [
      { auth_type: 'bearer', auth_config: { token: TOKEN } },
      { auth_type: 'bearer_token', auth_config: '{"token":"****1234"}' },
    ],
    [
      { auth_type: 'basic', auth_config: '{"username":"me","password":"short"}' },
      { auth_config: '{"username":"me","password":"****"}' },
    ],
    [
      { retry_enabled: false, circuit_breaker_enabled: 0 },
      { retry_enabled: 0, circuit_breaker_enabled: 0 },
    ],
    [{ retry_intervals: [0, 0.5, 2_592_000] }, { retry_intervals: '[0,0.5,2592000]' }],
    [
      { retry_intervals: '[1]', retry_max_attempts: 10, retry_backoff_type: 'linear' },
      { retry_intervals: '[1]', retry_max_attempts: 10, retry_backoff_type: 'linear' },
    ],
    [
      { circuit_breaker_threshold: 1000, circuit_breaker_reset_ms: 100 },
      { circuit_breaker_threshold: 1000, circuit_breaker_reset_ms: 100 },
    ],
  ])('creates and updates a destination with %j', async (fields, expected) => {
    expect(await api.destination(fields)).toMatchObject(expected);
    const { id } = await api.destination();
    const changes = { ...fields, type: undefined, name: 'New' };
    const { status, body } = await api.call('patch', `/destinations/${id}`, changes);
    expect(status).toBe(200);
    expect(body.destination).toMatchObject({ ...expected, name: 'New' });
  });

  it.each([
    [{ status: 'paused' }, { status: 'paused' }],
    [{ headers: null }, { headers: null }],
    [{ auth_type: 'none' }, { auth_type: 'none', auth_config: null }],
  ])('updates a destination with %j', async (changes, expected) => {
    const { id } = await api.destination({ auth_type: 'bearer', auth_config: { token: TOKEN }, headers: { a: 'b' } });
    const { body } = await api.call('patch', `/destinations/${id}`, changes);
    expect(body.destination).toMatchObject(expected);
  });

  it('takes back a destination as it showed it, and keeps the secrets', async () => {
    const before = await api.destination({
      auth_type: 'bearer_token',
      auth_config: { token: TOKEN },
      headers: { a: 'b' },
    });
    const readOnly = ['id', 'type', 'slug', 'event_count', 'last_delivery_at', 'created_at', 'updated_at'];
    const settings = Object.fromEntries(Object.entries(before).filter(([name]) => !readOnly.includes(name)));
    const url = `${receiver.url}/kept`;
    const { status, body } = await api.call('patch', `/destinations/${before.id}`, { ...settings, url });
    expect(status).toBe(200);
    expect(body.destination).toEqual({ ...before, url, updated_at: aTime });
    const { id } = await api.source();
    await api.connection(id, before.id);
    await api.call('post', `/ingest/${id}`, {});
    await eventually(() => {
      const received = receiver.requests.find((sent) => sent.url === '/kept');
      expect(received?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    });
  });

  it('fills in the defaults of a connection and names both ends', async () => {
    const [from, to] = await Promise.all([api.source({ name: 'From' }), api.destination({ name: 'To' })]);
    const view = await api.connection(`src_${from.id}`, `dst_${to.id}`);
    expect(view).toEqual({
      ...owner,
      id: anId,
      source_id: from.id,
      source_name: 'From',
      destination_id: to.id,
      destination_name: 'To',
      name: 'Connection',
      description: null,
      enabled: 1,
      status: 'active',
      filter_rules: null,
      transform_enabled: 0,
      transform_expression: null,
      event_count: 0,
      last_event_at: null,
      created_at: aTime,
      updated_at: aTime,
    });
    expect(await api.read(`/connections/conn_${view.id}`)).toEqual(view);
  });

  it('takes back a connection as it showed it, and clears what is null', async () => {
    const [from, to] = await Promise.all([api.source(), api.destination()]);
    const { id, ...made } = await api.connection(from.id, to.id, {
      description: 'why',
      enabled: false,
      filter_rules: [{ field: 'body.type', operator: 'eq', value: 'x' }],
      transform_enabled: true,
      transform_expression: '{"a": b}',
    });
    const { description, enabled, filter_rules, transform_enabled, transform_expression } = made;
    expect({ description, enabled, transform_enabled, transform_expression }).toEqual({
      description: 'why',
      enabled: 0,
      transform_enabled: 1,
      transform_expression: '{"a": b}',
    });
    const rules = [{ field: 'payload.type', op: 'eq', value: 'x' }];
    expect(JSON.parse(String(filter_rules))).toEqual(rules);
    const same = { description, enabled, transform_enabled, transform_expression };
    const kept = (await api.call('patch', `/connections/${id}`, { ...same, filter_rules })).body.connection;
    expect(kept).toMatchObject(same);
    expect(JSON.parse(String(kept.filter_rules))).toEqual(rules);
    const cleared = { description: null, filter_rules: null, transform_enabled: 0, transform_expression: null };
    const { body } = await api.call('patch', `/connections/${id}`, { ...cleared, status: 'disabled' });
    expect(body.connection).toMatchObject({ ...cleared, status: 'disabled' });
  });

  it.each(['sources', 'destinations', 'connections'] as const)('pages through %s, newest first', async (resource) => {
    const [from, to] = await Promise.all([api.source(), api.destination()]);
    const make = {
      sources: () => api.source(),
      destinations: () => api.destination(),
      connections: () => api.connection(from.id, to.id),
    }[resource];
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift((await make()).id);
    const page = async (query: string) => {
      const { body } = await api.call('get', `/${resource}?${query}`);
      const { cursor, has_more } = body as { cursor: string | null; has_more: boolean };
      return { ids: (body[resource] as View[]).map(({ id }) => id), cursor, has_more };
    };
    const first = await page('limit=2');
    expect(first).toMatchObject({ ids: ids.slice(0, 2), has_more: true, cursor: expect.any(String) });
    expect(await page(`limit=1&cursor=${first.cursor}`)).toMatchObject({ ids: ids.slice(2) });
    const active = await page('limit=100&status=active&org_id=default');
    expect(active).toMatchObject({ has_more: false, cursor: null, ids: expect.arrayContaining(ids) });
    expect((await page('limit=100&status=disabled')).ids).not.toContain(ids[0]);
  });

  it('filters connections by their ends; an id that does not exist finds nothing', async () => {
    const [from, to] = await Promise.all([api.source(), api.destination()]);
    const { id } = await api.connection(from.id, to.id);
    for (const query of [`source_id=src_${from.id}`, `destination_id=${to.id}&source_id=${from.id}`]) {
      expect(await api.list(`/connections?${query}`)).toMatchObject([{ id }]);
    }
    for (const query of [`source_id=${to.id}`, `destination_id=${NOBODY}`, 'source_id=nonsense']) {
      expect(await api.list(`/connections?${query}`)).toEqual([]);
    }
  });

  it('deletes what it is told to', async () => {
    const [from, to] = await Promise.all([api.source(), api.destination()]);
    const { id } = await api.connection(from.id, to.id);
    for (const path of [`/connections/${id}`, `/destinations/${to.id}`, `/sources/${from.id}`]) {
      expect((await api.call('delete', path)).body).toEqual({ success: true });
      expect((await api.call('get', path)).status).toBe(404);
      expect((await api.call('delete', path)).status).toBe(404);
    }
  });

  it('hides everything from other tenants', async () => {
    const [from, to] = await Promise.all([api.source(), api.destination()]);
    const { id } = await api.connection(from.id, to.id);
    const { event_id } = (await api.call('post', `/ingest/${from.id}`, {})).body;
    const [attempt] = await eventually(async () => {
      const attempts = await api.list(`/delivery-attempts?event_id=${event_id}`);
      expect(attempts).toHaveLength(1);
      return attempts;
    });
    const hidden: [Method, string, string][] = [
      ...(['get', 'patch', 'delete'] as const).flatMap((method): [Method, string, string][] => [
        [method, `/sources/${from.id}`, 'Source not found'],
        [method, `/destinations/${to.id}`, 'Destination not found'],
        [method, `/connections/${id}`, 'Connection not found'],
      ]),
      ['get', `/events/${event_id}`, 'Event not found'],
      ['post', `/events/${event_id}/retry`, 'Event not found'],
      ['get', `/delivery-attempts/${attempt?.id}`, 'Delivery attempt not found'],
      ['post', `/delivery-attempts/${attempt?.id}/retry`, 'Delivery attempt not found'],
    ];
    const stranger = hookstream.secondTenantKey;
    for (const [method, path, error] of hidden) {
      const body = method === 'patch' ? { name: 'mine' } : undefined;
      expectError(await api.call(method, path, body, stranger), 404, error);
    }
    for (const path of ['sources', 'destinations', 'connections', 'events', 'delivery-attempts']) {
      expect(await api.list(`/${path}`, stranger)).toEqual([]);
    }
    for (const path of [`connections?source_id=${from.id}`, `events?source_id=${from.id}`]) {
      expect(await api.list(`/${path}`, stranger)).toEqual([]);
    }
    const connect = { name: 'n', source_id: from.id, destination_id: to.id };
    expectError(await api.call('post', '/connections', connect, stranger), 404, 'Source not found');
    expect(await api.list(`/connections?source_id=${from.id}`)).toMatchObject([{ id, name: 'Connection' }]);
    expect(await api.read(`/destinations/${to.id}`)).toMatchObject({ name: 'Destination' });
  });
});
