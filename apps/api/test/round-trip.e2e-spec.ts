import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hookstream, startApi } from '#libs/testing';
import { anId, aTime, Client, expectError, NOBODY, type View } from './client.js';

const SECRET = 'super-secret-value-1234';

describe('What an answer shows can be sent back', () => {
  let hookstream: Hookstream;
  let api: Client;

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
  });
  afterAll(() => hookstream.stop());

  const everySourceField = {
    description: 'why',
    status: 'paused',
    template: 'github',
    verification_enabled: true,
    verification_secret: SECRET,
    ip_allowlist: ['192.0.2.0/24'],
    ip_denylist: [],
    type: 'websocket',
    source_config: { a: { b: [1] } },
    verification_config: { signed_payload: 'v0:{timestamp}:{body}', timestamp_header: 'X-Time' },
    dedup_enabled: true,
    dedup_strategy: 'body_field',
    dedup_field: 'data.id',
    dedup_window_seconds: 60,
    schema_validation_enabled: true,
    json_schema: { type: 'object', properties: { a: { enum: [1, null, { b: 'c' }] } } },
    schema_action: 'warn',
  };
  const everyDestinationField = {
    status: 'disabled',
    method: 'PUT',
    headers: { 'X-A': 'b' },
    timeout_ms: 5,
    auth_type: 'api_key',
    auth_config: { header: 'X-Key', value: SECRET },
    retry_enabled: false,
    retry_max_attempts: 3,
    retry_backoff_type: 'linear',
    retry_intervals: [1, 2],
    circuit_breaker_enabled: false,
    circuit_breaker_threshold: 9,
    circuit_breaker_reset_ms: 1000,
  };
  const everyConnectionField = {
    status: 'paused',
    enabled: false,
    description: 'why',
    filter_rules: [{ any: [{ field: 'payload.a', op: 'in', value: [1, 'b', null] }] }],
    transform_enabled: true,
    transform_expression: '{"a": b}',
  };
  const everyRate = { metadata: { z: 1, a: 2 }, rate_limit: 5 };
  const connection = async (fields: object = {}) =>
    api.connection((await api.source()).id, (await api.destination()).id, fields);

  const things: [path: string, what: string, make: () => Promise<View>][] = [
    ['sources', 'a plain source', () => api.source()],
    ['sources', 'a source with every field', () => api.source(everySourceField)],
    ['destinations', 'a plain destination', () => api.destination()],
    ['destinations', 'a destination with every field', () => api.destination(everyDestinationField)],
    ['connections', 'a plain connection', () => connection()],
    ['connections', 'a connection with every field', () => connection(everyConnectionField)],
  ];

  const changeable: [path: string, what: string, make: () => Promise<View>][] = [
    ['environments', 'an environment', () => api.environment()],
    ['applications', 'a plain application', () => api.application()],
    [
      'applications',
      'an application with every field',
      () => api.application({ description: 'why', operational: true, ...everyRate }),
    ],
    ['event-types', 'a plain event type', () => api.eventType()],
    ['event-types', 'an event type with every field', () => api.eventType({ json_schema: { type: 'object' } })],
  ];

  it('PATCH /applications/:appId/endpoints: an endpoint with every field', async () => {
    const application = await api.application();
    const fields = { description: 'why', filter_types: ['a.*'], rate_limit_per_second: 5, expires_at: '2099-12-31' };
    const signed = { signing_algorithm: 'ed25519', headers: { 'X-Z': '1', 'X-A': '2' } };
    const { id } = await api.endpoint(application.id, { ...fields, ...signed });
    const path = `/applications/${application.id}/endpoints/${id}`;
    const before = await api.read(path);
    expect(before).toMatchObject({ ...signed, headers: '{"X-Z":"1","X-A":"2"}' });
    const { status, body } = await api.call('patch', path, before);
    expect({ status, body }).toMatchObject({ status: 200 });
    expect(await api.read(path)).toEqual({ ...before, updated_at: aTime });
  });

  it.each([
    ['an expired endpoint', `expires_at = '2020-01-01Z'`, { status: 'expired' }],
    [
      'one that was disabled because it only failed',
      `status = 'disabled', disabled_reason = 'failing'`,
      { status: 'disabled', disabled_reason: 'failing' },
    ],
  ])('PATCH /applications/:appId/endpoints: %s', async (_, change, shown) => {
    const application = await api.application();
    const { id } = await api.endpoint(application.id);
    await hookstream.database.query(`update endpoints set ${change} where id = $1`, [id]);
    const path = `/applications/${application.id}/endpoints/${id}`;
    const before = await api.read(path);
    expect(before).toMatchObject(shown);
    expect((await api.call('patch', path, before)).body.endpoint).toEqual(before);
    const renewed = await api.call('patch', path, { ...before, status: 'active', expires_at: null });
    expect(renewed.body.endpoint).toMatchObject({ status: 'active', disabled_reason: null });
    const refused = await api.call('patch', path, { status: 'expired' });
    const message = 'becomes expired by expires_at alone';
    expectError(refused, 400, `Invalid body: 'status' ${message}`, [{ field: 'status', message }]);
  });

  it.each([...things, ...changeable])('PATCH /%s: %s', async (path, _, make) => {
    const { id } = await make();
    const before = await api.read(`/${path}/${id}`);
    const { status, body } = await api.call('patch', `/${path}/${id}`, before);
    expect({ status, body }).toMatchObject({ status: 200 });
    const changed = 'updated_at' in before ? { updated_at: aTime } : {};
    expect(await api.read(`/${path}/${id}`)).toEqual({ ...before, ...changed });
  });

  it.each<[path: string, field: string, value: unknown, create: (fields: object) => Promise<View>]>([
    ['sources', 'json_schema', { z: 1, type: 'object', a: { z: 1, a: 2 } }, (fields) => api.source(fields)],
    ['sources', 'source_config', { z: 1, a: { z: 1, a: 2 } }, (fields) => api.source(fields)],
    ['destinations', 'headers', { 'X-Z': '1', 'X-A': '2' }, (fields) => api.destination(fields)],
    ['connections', 'filter_rules', [{ field: 'payload.a', op: 'eq', value: { z: 1, a: 2 } }], connection],
    ['applications', 'metadata', { z: 1, a: { z: 1, a: 2 } }, (fields) => api.application(fields)],
    ['event-types', 'json_schema', { z: 1, type: 'object', a: 2 }, (fields) => api.eventType(fields)],
  ])('GET /%s: %s as it was written', async (path, field, value, create) => {
    const { id, [field]: made } = await create({ [field]: value });
    expect(made).toBe(JSON.stringify(value));
    expect((await api.read(`/${path}/${id}`))[field]).toBe(made);
  });

  it.each(things.filter((_, index) => index % 2 === 0))('POST /%s: a copy of %s', async (path, _, make) => {
    const original = await api.read(`/${path}/${(await make()).id}`);
    const own = 'slug' in original ? { slug: api.slug() } : {};
    const { status, body } = await api.call('post', `/${path}`, { ...original, ...own });
    expect({ status, body }).toMatchObject({ status: 201 });
    const copy = await api.read(`/${path}/${(Object.values(body)[0] as View).id}`);
    const ingest_url = expect.stringContaining(copy.id);
    expect(copy).toEqual({
      ...original,
      id: anId,
      ...own,
      ...('ingest_url' in original && { ingest_url }),
      created_at: aTime,
      updated_at: aTime,
    });
    expect(copy.id).not.toBe(original.id);
  });

  it.each([
    ['sources', 'verification_secret', everySourceField],
    ['destinations', 'auth_config.value', everyDestinationField],
  ])('POST /%s: a copy needs the secret itself in %s', async (path, field, fields) => {
    const original = await (path === 'sources' ? api.source(fields) : api.destination(fields));
    const response = await api.call('post', `/${path}`, { ...original, slug: api.slug() });
    const message = 'is masked: send the secret itself';
    expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });

  it.each([
    ['applications', { uid: 'new' }],
    ['event-types', { name: 'new' }],
    ['sources', { slug: 'new' }],
    ['sources', { template: 'custom' }],
    ['destinations', { slug: 'new' }],
    ['connections', { source_id: NOBODY }],
    ['connections', { destination_id: NOBODY }],
  ])('PATCH /%s: %j cannot be changed', async (path, changes) => {
    const { id } = await {
      sources: () => api.source(),
      destinations: () => api.destination(),
      connections: connection,
      applications: () => api.application(),
      'event-types': () => api.eventType(),
    }[path as 'sources']();
    const [field = ''] = Object.keys(changes);
    const message = 'cannot be changed';
    const response = await api.call('patch', `/${path}/${id}`, { name: 'new', ...changes });
    expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
    expect(await api.read(`/${path}/${id}`)).not.toMatchObject({ name: 'new' });
  });

  it('refuses by name what no answer shows', async () => {
    const shown = await api.source();
    const response = await api.call('patch', `/sources/${shown.id}`, { ...shown, event_counts: 1, delivery_count: 2 });
    const message = 'is not a known field';
    expectError(response, 400, `Invalid body: 'event_counts' ${message}`, [
      { field: 'event_counts', message },
      { field: 'delivery_count', message },
    ]);
  });

  it('does not take fields that are only read for a change', async () => {
    const { id } = await api.source();
    const response = await api.call('patch', `/sources/${id}`, { event_count: 7, created_at: '2020-01-01' });
    expectError(response, 400, 'No fields to update');
  });
});
