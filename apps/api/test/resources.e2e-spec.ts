import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request, { type Response } from 'supertest';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

const ID = /^[0-9a-f]{32}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const anId = expect.stringMatching(ID);
const aTime = expect.stringMatching(TIME);
const NOBODY = '0'.repeat(32);
const TOKEN = 'super-secret-token-1234';
const MASKED = '{"token":"****1234"}';
const DEFAULT_INTERVALS = '[30,300,1800,7200,86400]';

describe('Resources', () => {
  let api: Hookstream;
  let receiver: Receiver;
  let owner: { org_id: string; env_id: string };
  let slugs = 0;

  beforeAll(async () => {
    [api, receiver] = await Promise.all([
      startHookstream(),
      startReceiver(({ url }, response) => {
        response.statusCode = url === '/fails' ? 503 : 200;
        response.end('answer');
      }),
    ]);
    owner = { org_id: api.tenant.organizationId, env_id: api.tenant.environmentId };
  });
  afterAll(() => Promise.all([api.stop(), receiver.stop()]));

  /** Calls as the first tenant. @param body sent as it is when it is text */
  function call(method: Method, path: string, body?: object | string, key = api.apiKey): Promise<Response> {
    const sending = request(api.url)[method](`/v1${path}`).set('X-API-Key', key);
    if (body === undefined) return sending.then((response) => response);
    return sending
      .set('Content-Type', 'application/json')
      .send(body)
      .then((response) => response);
  }

  async function created(path: string, body: object): Promise<any> {
    const response = await call('post', path, body);
    expect(response).toMatchObject({ status: 201 });
    return Object.values(response.body as object)[0];
  }
  const slug = () => `slug-${++slugs}`;
  const source = (fields: object = {}) => created('/sources', { name: 'Source', slug: slug(), ...fields });
  const destination = (fields: object = {}) =>
    created('/destinations', { name: 'Destination', slug: slug(), url: receiver.url, ...fields });
  const connection = (source_id: string, destination_id: string, fields: object = {}) =>
    created('/connections', { name: 'Connection', source_id, destination_id, ...fields });

  function expectError(response: Response, status: number, error: string, details?: object[]): void {
    expect(response.body).toEqual({
      error,
      status,
      request_id: expect.stringMatching(/^req_[0-9a-f]{12}$/),
      ...(details && { details }),
    });
    expect(response.status).toBe(status);
    expect(response.headers['x-request-id']).toBe(response.body.request_id);
  }

  describe('Destinations', () => {
    it('fills in the defaults', async () => {
      const name = slug();
      const view = await destination({ name, slug: name });
      expect(view).toEqual({
        ...owner,
        id: anId,
        name,
        slug: name,
        type: 'http',
        status: 'active',
        url: receiver.url,
        method: 'POST',
        headers: null,
        timeout_ms: 30_000,
        auth_type: 'none',
        auth_config: null,
        provider_config: null,
        retry_enabled: 1,
        retry_max_attempts: 5,
        retry_backoff_type: 'exponential',
        retry_intervals: DEFAULT_INTERVALS,
        circuit_breaker_enabled: 1,
        circuit_breaker_threshold: 5,
        circuit_breaker_reset_ms: 60_000,
        event_count: 0,
        last_delivery_at: null,
        created_at: aTime,
        updated_at: aTime,
      });
      const read = await call('get', `/destinations/dst_${view.id}`);
      expect(read.body).toEqual({ destination: { ...view, delivery_count: 0 } });
    });

    it('takes everything that can be set, and its aliases', async () => {
      const view = await destination({
        org_id: 'default',
        env_id: owner.env_id,
        type: 'http',
        method: 'PUT',
        headers: { 'X-Custom': 'value' },
        timeout: 2.5,
        auth_type: 'bearer',
        auth_config: { token: TOKEN },
        config: {},
        retry_enabled: false,
        retry_max_attempts: 10,
        retry_backoff_type: 'linear',
        retry_intervals: [0, 0.5, 2_592_000],
        circuit_breaker_enabled: 0,
        circuit_breaker_threshold: 1000,
        circuit_breaker_reset_ms: 100,
      });
      expect(view).toMatchObject({
        method: 'PUT',
        headers: '{"X-Custom":"value"}',
        timeout_ms: 2500,
        auth_type: 'bearer_token',
        auth_config: MASKED,
        retry_enabled: 0,
        retry_max_attempts: 10,
        retry_backoff_type: 'linear',
        retry_intervals: '[0,0.5,2592000]',
        circuit_breaker_enabled: 0,
        circuit_breaker_threshold: 1000,
        circuit_breaker_reset_ms: 100,
      });
    });

    it('takes back what it answered, and keeps the secrets', async () => {
      const before = await destination({
        auth_type: 'bearer_token',
        auth_config: { token: TOKEN },
        headers: { a: 'b' },
      });
      const readOnly = ['id', 'type', 'slug', 'event_count', 'last_delivery_at', 'created_at', 'updated_at'];
      const body = Object.fromEntries(Object.entries(before as object).filter(([name]) => !readOnly.includes(name)));
      const { status, body: after } = await call('patch', `/destinations/${before.id}`, {
        ...body,
        url: `${receiver.url}/kept`,
      });
      expect(status).toBe(200);
      expect(after.destination).toEqual({ ...before, url: `${receiver.url}/kept`, updated_at: aTime });
      const { id } = await source();
      await connection(id, before.id);
      await call('post', `/ingest/${id}`, {});
      const [received] = await eventually(() => {
        const found = receiver.requests.filter(({ url }) => url === '/kept');
        expect(found).toHaveLength(1);
        return found;
      });
      expect(received?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    });

    it.each([
      [
        { name: 'New', status: 'paused' },
        { name: 'New', status: 'paused' },
      ],
      [{ headers: '{"X-A":"b"}' }, { headers: '{"X-A":"b"}' }],
      [{ headers: null }, { headers: null }],
      [{ retry_intervals: '[1]' }, { retry_intervals: '[1]' }],
      [
        { auth_type: 'basic', auth_config: '{"username":"me","password":"p"}' },
        { auth_config: '{"username":"me","password":"****"}' },
      ],
      [{ auth_type: 'none' }, { auth_type: 'none', auth_config: null }],
    ])('patches %j', async (changes, expected) => {
      const { id } = await destination({ auth_type: 'bearer', auth_config: { token: TOKEN }, headers: { c: 'd' } });
      const { status, body } = await call('patch', `/destinations/${id}`, changes);
      expect(status).toBe(200);
      expect(body.destination).toMatchObject(expected);
    });
  });

  describe('Connections', () => {
    it('fills in the defaults and names both ends', async () => {
      const [from, to] = await Promise.all([source({ name: 'From' }), destination({ name: 'To' })]);
      const view = await connection(`src_${from.id}`, `dst_${to.id}`);
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
      expect((await call('get', `/connections/conn_${view.id}`)).body).toEqual({ connection: view });
    });

    it('takes back what it answered, and clears what is null', async () => {
      const [from, to] = await Promise.all([source(), destination()]);
      const { id, ...view } = await connection(from.id, to.id, {
        description: 'why',
        enabled: false,
        filter_rules: [{ field: 'body.type', operator: 'eq', value: 'x' }],
        transform_enabled: true,
        transform_expression: '{"a": b}',
      });
      const rules = [{ field: 'payload.type', op: 'eq', value: 'x' }];
      expect(JSON.parse(view.filter_rules)).toEqual(rules);
      const { description, enabled, filter_rules, transform_enabled, transform_expression } = view;
      const same = { description, enabled, filter_rules, transform_enabled, transform_expression };
      const kept = (await call('patch', `/connections/${id}`, same)).body.connection;
      expect({ ...kept, filter_rules: JSON.parse(kept.filter_rules) }).toMatchObject({ ...same, filter_rules: rules });
      const cleared = { description: null, filter_rules: null, transform_enabled: 0, transform_expression: null };
      expect(
        (await call('patch', `/connections/${id}`, { ...cleared, status: 'disabled' })).body.connection,
      ).toMatchObject({
        ...cleared,
        status: 'disabled',
      });
    });
  });

  describe('Lists', () => {
    it.each(['sources', 'destinations', 'connections'])('pages through %s, newest first', async (resource) => {
      const [from, to] = await Promise.all([source(), destination()]);
      const make = { sources: source, destinations: destination, connections: () => connection(from.id, to.id) }[
        resource
      ]!;
      const ids: string[] = [];
      for (let i = 0; i < 3; i++) ids.unshift((await make()).id);
      const page = async (query: string) => (await call('get', `/${resource}?${query}`)).body;
      const first = await page('limit=2');
      expect(first[resource].map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2));
      expect(first).toMatchObject({ has_more: true, cursor: expect.any(String) });
      const second = await page(`limit=1&cursor=${first.cursor}`);
      expect(second[resource][0].id).toBe(ids[2]);
      const all = await page('limit=100&status=active&org_id=default');
      expect(all).toMatchObject({ has_more: false, cursor: null });
      expect((await page('limit=100&status=disabled'))[resource]).not.toContainEqual(
        expect.objectContaining({ id: ids[0] }),
      );
    });

    it('filters connections by their ends; an id that does not exist finds nothing', async () => {
      const [from, to] = await Promise.all([source(), destination()]);
      const { id } = await connection(from.id, to.id);
      const found = async (query: string) => (await call('get', `/connections?${query}`)).body.connections;
      for (const query of [
        `source_id=src_${from.id}`,
        `destination_id=${to.id}`,
        `source_id=${from.id}&destination_id=dst_${to.id}`,
      ]) {
        expect(await found(query)).toMatchObject([{ id }]);
      }
      for (const query of [`source_id=${to.id}`, `destination_id=${NOBODY}`, 'source_id=nonsense']) {
        expect(await found(query)).toEqual([]);
      }
    });
  });

  describe('Events and delivery attempts', () => {
    const BODY = { hello: 'wörld' };
    let from: any, fails: any, takes: any, ignores: any;
    let eventId: string, binaryId: string;

    beforeAll(async () => {
      from = await source({ name: 'Shop' });
      const failing = await destination({
        url: `${receiver.url}/fails`,
        retry_max_attempts: 1,
        retry_intervals: [0.1],
      });
      const working = await destination({ url: `${receiver.url}/works` });
      fails = await connection(from.id, failing.id, { name: 'fails' });
      takes = await connection(from.id, working.id, { name: 'takes' });
      ignores = await connection(from.id, working.id, {
        filter_rules: [{ field: 'method', op: 'eq', value: 'PATCH' }],
      });
      const sent = await request(api.url)
        .post(`/v1/ingest/${from.id}?a=1&a=2&b=%20x&constructor=y`)
        .set('Constructor', 'a name that JavaScript knows')
        .send(BODY);
      eventId = sent.body.event_id;
      const bytes = await fetch(`${api.url}/v1/ingest/${from.id}`, {
        method: 'PUT',
        body: new Uint8Array([0, 255, 1]),
      });
      binaryId = ((await bytes.json()) as { event_id: string }).event_id;
      await eventually(async () => {
        const { body } = await call('get', `/events?source_id=${from.id}&status=failed`);
        expect(body.events).toHaveLength(2);
      });
    });

    it('shows an event with its payload, its deliveries and who ignored it', async () => {
      const { body } = await call('get', `/events/evt_${eventId}`);
      const delivery = { id: anId, next_retry_at: null };
      expect(body.event).toEqual({
        ...owner,
        id: eventId,
        source_id: from.id,
        source_name: 'Shop',
        source_slug: from.slug,
        method: 'POST',
        content_type: 'application/json',
        source_ip: expect.stringMatching(/127\.0\.0\.1$/),
        payload_size: Buffer.byteLength(JSON.stringify(BODY)),
        verification_status: 'none',
        dedup_status: 'unique',
        status: 'failed',
        received_at: aTime,
        headers: expect.objectContaining({ 'content-type': 'application/json' }),
        query_params: { a: ['1', '2'], b: ' x' },
        payload: JSON.stringify(BODY),
        payload_encoding: 'utf8',
        payload_inline: JSON.stringify(BODY),
        payload_ref: null,
        verification_error: null,
        dedup_hash: null,
        topic: null,
        deliveries: [
          { ...delivery, ...ends(fails), status: 'dead', cause: 'response_5xx', attempts: 2 },
          { ...delivery, ...ends(takes), status: 'delivered', cause: null, attempts: 1 },
        ],
        ignored: [{ connection_id: ignores.id, cause: 'filtered', rule: 0 }],
      });
    });
    const ends = ({ id, name, destination_id, destination_name }: any) => ({
      connection_id: id,
      connection_name: name,
      destination_id,
      destination_name,
    });

    it('shows a body that is not text as base64', async () => {
      const { body } = await call('get', `/events/${binaryId}`);
      expect(body.event).toMatchObject({
        payload: 'AP8B',
        payload_encoding: 'base64',
        payload_size: 3,
        content_type: null,
      });
    });

    it.each([
      ['', 2],
      ['status=failed', 2],
      ['status=delivered', 0],
      ['method=put', 1],
      ['verification_status=none&dedup_status=unique', 2],
      ['dedup_status=duplicate', 0],
      ['search=w%C3%B6r', 1],
      ['search=%25', 0],
      ['after=2026-01-01&before=2999-01-01T00:00:00Z', 2],
      ['before=2020-01-01T00:00:00%2B02:00', 0],
      ['offset=1', 1],
      ['offset=2', 0],
    ])('lists events by %j', async (query, count) => {
      const { body } = await call('get', `/events?source_id=${from.id}&${query}`);
      expect(body.events).toHaveLength(count);
      expect(body.pagination).toMatchObject({
        limit: 50,
        total: query.startsWith('offset') ? 2 : count,
        has_more: false,
      });
    });

    it.each(['events', 'delivery_attempts'])('pages through %s both ways', async (resource) => {
      const path = `/${resource.replace('_', '-')}?limit=1&${resource === 'events' ? `source_id=${from.id}` : `event_id=${eventId}`}`;
      const page = async (query = '') => {
        const { body } = await call('get', path + query);
        return { id: body[resource][0]?.id, ...body.pagination };
      };
      const first = await page();
      expect(first).toMatchObject({
        total: resource === 'events' ? 2 : 3,
        limit: 1,
        offset: 0,
        has_more: true,
        prev_cursor: null,
      });
      const second = await page(`&cursor=${first.next_cursor}`);
      expect(second.id).not.toBe(first.id);
      expect(await page(`&direction=prev&cursor=${second.prev_cursor}`)).toMatchObject({
        id: first.id,
        prev_cursor: null,
      });
      expect(await page('&offset=1')).toMatchObject({ id: second.id, offset: 1 });
    });

    it.each([
      ['', 3],
      ['status=success', 1],
      ['status=failed', 2],
      ['status=dlq', 1],
      ['is_dlq=1', 1],
      ['is_dlq=0', 3],
      ['event_id=nonsense', 0],
      ['connection_id=nonsense', 0],
    ])('lists attempts by %j', async (query, count) => {
      const own = query.startsWith('event_id') ? '' : `event_id=evt_${eventId}`;
      const { body } = await call('get', `/delivery-attempts?${own}&${query}`);
      expect(body.delivery_attempts).toHaveLength(count);
    });

    it('shows an attempt', async () => {
      const { body } = await call('get', `/delivery-attempts?connection_id=${fails.id}&event_id=${eventId}&is_dlq=1`);
      const [attempt] = body.delivery_attempts;
      expect(attempt).toEqual({
        ...owner,
        ...ends(fails),
        id: anId,
        delivery_id: anId,
        event_id: eventId,
        attempt_number: 2,
        trigger_type: 'retry',
        status: 'failed',
        cause: 'response_5xx',
        error: expect.any(String),
        request_url: `${receiver.url}/fails`,
        request_method: 'POST',
        request_headers: expect.stringContaining('"content-type":"application/json"'),
        request_body_size: Buffer.byteLength(JSON.stringify(BODY)),
        response_status: 503,
        response_headers: expect.stringContaining('"content-length":"6"'),
        response_body: 'answer',
        duration_ms: expect.any(Number),
        next_retry_at: null,
        is_dlq: 1,
        dlq_at: attempt.created_at,
        created_at: aTime,
      });
      expect((await call('get', `/delivery-attempts/${attempt.id}`)).body).toEqual({ delivery_attempt: attempt });
    });

    it('retries what failed of an event, and any attempt', async () => {
      const event = await call('post', `/events/${binaryId}/retry`);
      expect(event.status).toBe(200);
      expect(event.body).toEqual({
        retried: 1,
        deliveries: [{ id: anId, connection_id: fails.id, destination_id: fails.destination_id }],
        errors: [],
      });
      const succeeded = async () =>
        (await call('get', `/delivery-attempts?event_id=${binaryId}&status=success`)).body.delivery_attempts;
      const [attempt] = await succeeded();
      const retry = await call('post', `/delivery-attempts/${attempt.id}/retry`);
      expect(retry).toMatchObject({ status: 200, body: { delivery_attempt: attempt } });
      await eventually(async () =>
        expect(await succeeded()).toMatchObject([{ trigger_type: 'manual' }, { id: attempt.id }]),
      );
    });

    it('refuses to retry what is on its way', async () => {
      const { body } = await call('get', `/delivery-attempts?event_id=${eventId}&status=success`);
      const [attempt] = body.delivery_attempts;
      await call('patch', `/destinations/${takes.destination_id}`, { status: 'paused' });
      await api.database.query(`update deliveries set state = 'waiting' where id = $1`, [attempt.delivery_id]);
      expectError(
        await call('post', `/delivery-attempts/${attempt.id}/retry`),
        400,
        'Retry failed: the delivery is already on its way.',
      );
    });
  });

  describe('Errors', () => {
    const valid = () => ({ name: 'n', slug: slug(), url: 'https://example.com' });
    const NOT_JSON = 'The request body is not valid JSON.';
    const NOT_AN_OBJECT = 'The request body must be a JSON object, sent with Content-Type: application/json.';
    const NO_ROUTE = 'There is nothing at this path.';
    const PRIVATE = 'must not point to a loopback, private or reserved address';
    const NOT_STORABLE = 'must not contain NUL characters or unpaired surrogates';
    const NOT_STRINGS = 'must be an object of strings';
    const NOT_INTERVALS = 'must be an array of 1 to 20 numbers of seconds, each from 0 to 2592000';
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

    it.each<[Method, string, number, string, (string | object)?]>([
      ['post', '/destinations', 400, NOT_JSON, '{"name":'],
      ['post', '/destinations', 400, NOT_JSON, '"text"'],
      ['post', '/destinations', 400, NOT_AN_OBJECT, '[]'],
      ['post', '/destinations', 400, NOT_AN_OBJECT],
      ['post', '/destinations', 413, 'The request body is too large.', `{"name":"${'x'.repeat(256 * 1024)}"}`],
      ['post', '/destinations', 404, 'Organization not found.', { org_id: NOBODY }],
      ['post', '/destinations', 404, 'Environment not found.', { env_id: 'other' }],
      ['get', '/destinations?env_id=other', 404, 'Environment not found.'],
      ['patch', `/destinations/${NOBODY}`, 404, 'Destination not found.', { name: 'n' }],
      ['get', '/destinations/nonsense', 404, 'Destination not found.'],
      ['get', '/destinations/%00', 404, 'Destination not found.'],
      ['get', '/destinations/%FF', 404, NO_ROUTE],
      ['put', '/destinations', 404, NO_ROUTE, {}],
      ['get', '/nonsense', 404, NO_ROUTE],
      ['get', '/connections/nonsense', 404, 'Connection not found.'],
      ['get', '/events/nonsense', 404, 'Event not found.'],
      ['post', `/events/${NOBODY}/retry`, 404, 'Event not found.'],
      ['get', `/delivery-attempts/${NOBODY}`, 404, 'Delivery attempt not found.'],
      ['post', '/delivery-attempts/nonsense/retry', 404, 'Delivery attempt not found.'],
    ])('%s %s answers %i: %s', async (method, path, status, error, body) => {
      expectError(await call(method, path, body), status, error);
    });

    it.each<[path: string, field: string, message: string, changes: object | string]>([
      ['/destinations', 'slug', 'is required', { slug: undefined }],
      ['/destinations', 'slug', 'must match ^[a-z0-9-]+$', { slug: 'Not a slug' }],
      ['/destinations', 'name', 'must be a string', { name: 5 }],
      ['/destinations', 'name', 'must be a string', { name: null }],
      ['/destinations', 'name', 'must be shorter than or equal to 200 characters', { name: 'x'.repeat(201) }],
      ['/destinations', 'name', NOT_STORABLE, { name: 'a\0b' }],
      ['/destinations', 'name', NOT_STORABLE, { name: '\ud800' }],
      ['/destinations', 'headers.a', NOT_STORABLE, { headers: '{"a":"\\u0000"}' }],
      ['/destinations', 'headers.a\0', NOT_STORABLE, { headers: { 'a\0': 'b' } }],
      ['/destinations', 'headers', NOT_STRINGS, { headers: { a: 1 } }],
      ['/destinations', 'headers', NOT_STRINGS, { headers: ['a'] }],
      ['/destinations', 'headers', NOT_STRINGS, { headers: 'not JSON' }],
      ['/destinations', 'type', 'is not supported; supported so far: http', { type: 'sqs' }],
      ['/destinations', 'provider_config', 'is not used by destinations of type http', { provider_config: { a: 1 } }],
      ['/destinations', 'url', 'is needed when type is http', { url: undefined }],
      ['/destinations', 'url', 'must be a string', { url: null }],
      ['/destinations', 'url', PRIVATE, { url: 'http://169.254.169.254/' }],
      ['/destinations', 'method', 'must be one of the following values: POST, PUT, PATCH', { method: 'GET' }],
      ['/destinations', 'timeout_ms', 'must be an integer number', { timeout_ms: '5' }],
      ['/destinations', 'timeout_ms', 'must not be greater than 120000', { timeout_ms: 120_001 }],
      ['/destinations', 'timeout_ms', 'is a number out of range', '{"timeout_ms":1e999}'],
      ['/destinations', 'timeout', 'cannot stand beside timeout_ms', { timeout: 1, timeout_ms: 1000 }],
      ['/destinations', 'retry_enabled', 'must be true or false', { retry_enabled: 'true' }],
      ['/destinations', 'retry_enabled', 'must be true or false', { retry_enabled: null }],
      ['/destinations', 'retry_max_attempts', 'must not be less than 1', { retry_max_attempts: 0 }],
      ['/destinations', 'retry_max_attempts', 'must not be greater than 10', { retry_max_attempts: 11 }],
      ['/destinations', 'retry_intervals', NOT_INTERVALS, { retry_intervals: [] }],
      ['/destinations', 'retry_intervals', NOT_INTERVALS, { retry_intervals: [-1] }],
      ['/destinations', 'retry_intervals', NOT_INTERVALS, { retry_intervals: ['1'] }],
      ['/destinations', 'retry_intervals', NOT_INTERVALS, { retry_intervals: 'not JSON' }],
      ['/destinations', 'retry_intervals', NOT_INTERVALS, { retry_intervals: [2_592_001] }],
      ['/destinations', 'retry_intervals', NOT_INTERVALS, { retry_intervals: new Array(21).fill(1) }],
      [
        '/destinations',
        'circuit_breaker_threshold',
        'must not be greater than 1000',
        { circuit_breaker_threshold: 1001 },
      ],
      ['/destinations', 'circuit_breaker_reset_ms', 'must not be less than 100', { circuit_breaker_reset_ms: 99 }],
      ['/destinations', 'auth_config.username', 'is needed when auth_type is basic', { auth_type: 'basic' }],
      ['/destinations', 'status', 'is not a known field', { status: 'active' }],
      ['/destinations', '__proto__', 'is a name that cannot be used', '{"__proto__":{"a":1}}'],
      ['/destinations', 'constructor', 'is a name that cannot be used', '{"constructor":1}'],
      ['/connections', 'source_id', 'is required', { source_id: undefined }],
      ['/connections', 'destination_id', 'must be a string', { destination_id: 5 }],
      ['/connections', 'enabled', 'must be true or false', { enabled: 'yes' }],
      ['/connections', 'filter_rules', 'must be an array', { filter_rules: {} }],
      ['/connections', 'filter_rules[0].value', 'is required', { filter_rules: [{ field: 'payload.a', op: 'eq' }] }],
      ['/connections', 'filter_rules[0].a', 'is a number out of range', { filter_rules: '[{"a":1e999}]' }],
      ['/connections', 'transform_expression', 'is needed when transform_enabled is true', { transform_enabled: true }],
      ['/connections', 'bogus', 'is not a known field', { bogus: 1 }],
    ])('POST %s names the field: %s %s', async (path, field, message, changes) => {
      const [from, to] = path === '/connections' ? await Promise.all([source(), destination()]) : [];
      const complete = from ? { name: 'n', source_id: from.id, destination_id: to.id } : valid();
      const body =
        typeof changes === 'string'
          ? `${JSON.stringify(complete).slice(0, -1)},${changes.slice(1)}`
          : { ...complete, ...changes };
      expectError(await call('post', path, body), 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
    });

    it.each([['name'], ['org_id'], ['filter_rules']])('refuses bottomless nesting in %s', async (field) => {
      const { status } = await call('post', '/connections', `{"${field}":${nested(100_000)}}`);
      expect([400, 404]).toContain(status);
      expect((await call('post', '/connections', `{"${field}":"${nested(100_000)}"}`)).status).toBe(status);
    });

    it('names every field that is wrong', async () => {
      const { body } = await call('post', '/destinations', { bogus: 1, url: 5 });
      expect(body.details.map(({ field }: { field: string }) => field).sort()).toEqual([
        'bogus',
        'name',
        'slug',
        'url',
      ]);
    });

    it.each([
      ['destinations', 'limit=abc', 'limit', 'must be an integer number'],
      ['destinations', 'limit=101', 'limit', 'must not be greater than 100'],
      ['destinations', 'limit=1&limit=2', 'limit', 'must be an integer number'],
      ['destinations', 'cursor=nonsense', 'cursor', 'must be a cursor from an earlier answer'],
      ['destinations', 'type=sqs', 'type', 'is not supported; supported so far: http'],
      ['destinations', 'bogus=1', 'bogus', 'is not a known field'],
      ['connections', 'status=gone', 'status', 'must be one of the following values: active, paused, disabled'],
      ['events', 'offset=10001', 'offset', 'must not be greater than 10000'],
      ['events', 'direction=up', 'direction', 'must be one of the following values: next, prev'],
      ['events', 'after=2026-02-30', 'after', 'must be a date or time in ISO 8601, such as 2026-03-01T12:00:00Z'],
      ['events', 'search=%00', 'search', 'must not contain NUL characters or unpaired surrogates'],
      ['events', 'cursor=nonsense', 'cursor', 'must be a cursor from an earlier answer'],
      ['delivery-attempts', 'is_dlq=2', 'is_dlq', 'must be 1 or 0'],
      [
        'delivery-attempts',
        'status=dead',
        'status',
        'must be one of the following values: success, failed, timeout, error, dlq',
      ],
    ])('GET /%s?%s names the parameter', async (path, query, field, message) => {
      expectError(await call('get', `/${path}?${query}`), 400, `Invalid query: '${field}' ${message}`, [
        { field, message },
      ]);
    });

    it.each([
      ['/destinations', {}, 'No fields to update.'],
      ['/destinations', { org_id: 'default' }, 'No fields to update.'],
      ['/destinations', { slug: 'new' }, `Invalid body: 'slug' is not a known field`],
      ['/destinations', { type: 'http' }, `Invalid body: 'type' is not a known field`],
      ['/connections', {}, 'No fields to update.'],
      ['/connections', { source_id: NOBODY }, `Invalid body: 'source_id' is not a known field`],
      [
        '/connections',
        { status: null },
        `Invalid body: 'status' must be one of the following values: active, paused, disabled`,
      ],
    ])('PATCH %s with %j is refused', async (path, body, error) => {
      expect((await call('patch', `${path}/${NOBODY}`, body)).body).toMatchObject({ status: 400, error });
    });

    it('answers 409 for a slug that is taken', async () => {
      const { slug: taken } = await destination();
      expectError(
        await call('post', '/destinations', { ...valid(), slug: taken }),
        409,
        'This slug is already in use.',
      );
      const other = await call('post', '/destinations', { ...valid(), slug: taken }, api.secondTenantKey);
      expect(other.status).toBe(201);
    });

    it('answers 404 for an end that does not exist', async () => {
      const [from, to] = await Promise.all([source(), destination()]);
      const connect = (source_id: string, destination_id: string) =>
        call('post', '/connections', { name: 'n', source_id, destination_id });
      for (const id of [NOBODY, 'nonsense', to.id]) expectError(await connect(id, to.id), 404, 'Source not found.');
      for (const id of [NOBODY, 'nonsense', from.id]) {
        expectError(await connect(from.id, id), 404, 'Destination not found.');
      }
    });

    it.each(['/sources', '/destinations', '/connections', '/events', '/delivery-attempts', `/events/${NOBODY}`])(
      'wants a key for %s, however it is spelled',
      async (path) => {
        for (const prefix of ['/v1', '/V1']) {
          expectError(
            await request(api.url).get(prefix + path),
            401,
            'Missing API key: send it in the X-API-Key header.',
          );
        }
        expectError(await call('get', path, undefined, 'nonsense'), 401, 'Invalid API key.');
        expectError(await call('get', path, undefined, `hs_live_${'0'.repeat(64)}`), 401, 'Invalid API key.');
        const bearer = await request(api.url).get(`/v1${path}`).set('Authorization', `Bearer ${api.apiKey}`);
        expect([200, 404]).toContain(bearer.status);
      },
    );
  });

  it('hides everything from other tenants', async () => {
    const [from, to] = await Promise.all([source(), destination()]);
    const { id } = await connection(from.id, to.id);
    const { event_id } = (await call('post', `/ingest/${from.id}`, {})).body;
    const attempt: any = await eventually(async () => {
      const { body } = await call('get', `/delivery-attempts?event_id=${event_id}`);
      expect(body.delivery_attempts).toHaveLength(1);
      return body.delivery_attempts[0];
    });
    const hidden: [Method, string, string][] = [
      ...(['get', 'patch', 'delete'] as const).flatMap((method): [Method, string, string][] => [
        [method, `/sources/${from.id}`, 'Source not found.'],
        [method, `/destinations/${to.id}`, 'Destination not found.'],
        [method, `/connections/${id}`, 'Connection not found.'],
      ]),
      ['get', `/events/${event_id}`, 'Event not found.'],
      ['post', `/events/${event_id}/retry`, 'Event not found.'],
      ['get', `/delivery-attempts/${attempt.id}`, 'Delivery attempt not found.'],
      ['post', `/delivery-attempts/${attempt.id}/retry`, 'Delivery attempt not found.'],
    ];
    for (const [method, path, error] of hidden) {
      expectError(
        await call(method, path, method === 'patch' ? { name: 'mine' } : undefined, api.secondTenantKey),
        404,
        error,
      );
    }
    for (const path of [
      `/connections?source_id=${from.id}`,
      `/events?source_id=${from.id}`,
      `/delivery-attempts?event_id=${event_id}`,
    ]) {
      const { body } = await call('get', path, undefined, api.secondTenantKey);
      expect(Object.values(body as object)[0]).toEqual([]);
    }
    const connect = { name: 'n', source_id: from.id, destination_id: to.id };
    expectError(await call('post', '/connections', connect, api.secondTenantKey), 404, 'Source not found.');
    expect((await call('get', `/destinations/${to.id}`)).body.destination).toEqual({
      ...to,
      event_count: expect.any(Number),
      delivery_count: expect.any(Number),
      last_delivery_at: null,
    });
  });

  it('deletes what it is told to', async () => {
    const [from, to] = await Promise.all([source(), destination()]);
    const direct = await connection(from.id, to.id);
    for (const path of [`/connections/${direct.id}`, `/destinations/${to.id}`]) {
      expect((await call('delete', path)).body).toEqual({ success: true });
      expect((await call('get', path)).status).toBe(404);
      expect((await call('delete', path)).status).toBe(404);
    }
  });

  it('describes every operation, parameter and field of these resources', async () => {
    const { body } = await request(api.url).get('/openapi.json');
    const tags = ['Destinations', 'Connections', 'Events', 'Delivery attempts'];
    const operations = Object.values<any>(body.paths).flatMap((path) => Object.values<any>(path));
    const own = operations.filter((operation) => tags.includes(operation.tags?.[0]));
    expect(own).toHaveLength(16);
    for (const { summary, parameters, responses } of own) {
      expect(summary).toBeTruthy();
      for (const parameter of parameters) expect(parameter).toMatchObject({ description: expect.any(String) });
      expect(Object.keys(responses as object)).toContain('401');
    }
    for (const [name, { properties }] of Object.entries<any>(body.components.schemas)) {
      if (!/Destination|Connection|Event|Attempt|Pagination/.test(name)) continue;
      for (const [field, property] of Object.entries<any>(properties)) {
        expect({ name, field, ...property }).toMatchObject({ description: expect.any(String) });
      }
    }
  });
});
