import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { type Hookstream, startApi } from '#libs/testing';
import { Client, expectError, type Method, NOBODY } from './client.js';

const NO_ROUTE = 'There is nothing at this path';
const NOT_JSON = 'The request body is not valid JSON';
const NOT_AN_OBJECT = 'The request body must be a JSON object, sent with Content-Type: application/json';
const NOT_STORABLE = 'must not contain NUL characters or unpaired surrogates';
const NOT_STRINGS = 'must be an object of strings';
const NOT_INTERVALS = 'must be an array of 1 to 20 numbers of seconds, each from 0 to 2592000';
const NOT_A_DATE = 'must be a date or time in ISO 8601, such as 2026-03-01T12:00:00Z';
const PRIVATE = 'must not point to a loopback, private or reserved address';
const UNKNOWN = 'is not a known field';
const TYPES = ['http', 'sqs', 's3', 'eventbridge', 'pubsub', 'kafka', 'rabbitmq', 'websocket'];
const oneOf = (...values: string[]) => `must be one of the following values: ${values.join(', ')}`;

describe('Errors', () => {
  let hookstream: Hookstream;
  let api: Client;

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
  });
  afterAll(() => hookstream.stop());

  it.each<[method: Method, path: string, status: number, error: string, body: string | object | undefined]>([
    ['post', '/destinations', 400, NOT_JSON, '{"name":'],
    ['post', '/destinations', 400, NOT_JSON, '"text"'],
    ['post', '/destinations', 400, NOT_AN_OBJECT, '[]'],
    ['post', '/destinations', 400, NOT_AN_OBJECT, undefined],
    ['post', '/destinations', 413, 'The request body is too large', `{"name":"${'x'.repeat(256 * 1024)}"}`],
    ['post', '/destinations', 404, 'Organization not found', { org_id: NOBODY }],
    ['post', '/destinations', 404, 'Environment not found', { env_id: 'other' }],
    ['get', '/destinations?env_id=other', 404, 'Environment not found', undefined],
    ['patch', `/destinations/${NOBODY}`, 404, 'Destination not found', { name: 'n' }],
    ['get', '/destinations/nonsense', 404, 'Destination not found', undefined],
    ['get', '/destinations/%00', 404, 'Destination not found', undefined],
    ['get', '/destinations/%FF', 404, NO_ROUTE, undefined],
    ['put', '/destinations', 404, NO_ROUTE, {}],
    ['get', '/nonsense', 404, NO_ROUTE, undefined],
    ['get', '/connections/nonsense', 404, 'Connection not found', undefined],
    ['get', '/events/nonsense', 404, 'Event not found', undefined],
    ['post', `/events/${NOBODY}/retry`, 404, 'Event not found', undefined],
    ['get', `/delivery-attempts/${NOBODY}`, 404, 'Delivery attempt not found', undefined],
    ['post', '/delivery-attempts/nonsense/retry', 404, 'Delivery attempt not found', undefined],
    ['patch', `/destinations/${NOBODY}`, 400, 'No fields to update', {}],
    ['patch', `/destinations/${NOBODY}`, 400, 'No fields to update', { org_id: 'default' }],
    ['patch', `/connections/${NOBODY}`, 400, 'No fields to update', {}],
  ])('%s %s answers %i: %s', async (method, path, status, error, body) => {
    expectError(await api.call(method, path, body), status, error);
  });

  it.each<[field: string, message: string, changes: object | string]>([
    ['slug', 'is required', { slug: undefined }],
    ['slug', 'must match pattern ^[a-z0-9-]+$', { slug: 'Not a slug' }],
    ['name', 'must be a string', { name: 5 }],
    ['name', 'must be a string', { name: null }],
    ['name', 'must be shorter than or equal to 200 characters', { name: 'x'.repeat(201) }],
    ['name', NOT_STORABLE, { name: 'a\0b' }],
    ['name', NOT_STORABLE, { name: '\ud800' }],
    ['headers.a', NOT_STORABLE, { headers: '{"a":"\\u0000"}' }],
    ['headers.a\0', NOT_STORABLE, { headers: { 'a\0': 'b' } }],
    ['headers', NOT_STRINGS, { headers: { a: 1 } }],
    ['headers', NOT_STRINGS, { headers: ['a'] }],
    ['headers', NOT_STRINGS, { headers: 'not JSON' }],
    ['type', oneOf(...TYPES), { type: 'smtp' }],
    ['auth_type', oneOf('none', 'bearer_token', 'basic', 'api_key', 'hmac'), { auth_type: 'digest' }],
    ['provider_config.a', 'is not known when type is http', { provider_config: { a: 1 } }],
    ['url', 'is needed when type is http', { url: undefined }],
    ['url', 'must be a string', { url: null }],
    ['url', PRIVATE, { url: 'http://169.254.169.254/' }],
    ['method', oneOf('POST', 'PUT', 'PATCH'), { method: 'GET' }],
    ['timeout_ms', 'must be an integer number', { timeout_ms: '5' }],
    ['timeout_ms', 'must not be greater than 120000', { timeout_ms: 120_001 }],
    ['timeout_ms', 'is a number out of range', '{"timeout_ms":1e999}'],
    ['timeout', 'cannot stand beside timeout_ms', { timeout: 1, timeout_ms: 1000 }],
    ['retry_enabled', 'must be true or false', { retry_enabled: 'true' }],
    ['retry_enabled', 'must be true or false', { retry_enabled: null }],
    ['retry_max_attempts', 'must not be less than 1', { retry_max_attempts: 0 }],
    ['retry_max_attempts', 'must not be greater than 10', { retry_max_attempts: 11 }],
    ['retry_intervals', NOT_INTERVALS, { retry_intervals: [] }],
    ['retry_intervals', NOT_INTERVALS, { retry_intervals: [-1] }],
    ['retry_intervals', NOT_INTERVALS, { retry_intervals: ['1'] }],
    ['retry_intervals', NOT_INTERVALS, { retry_intervals: 'not JSON' }],
    ['retry_intervals', NOT_INTERVALS, { retry_intervals: [2_592_001] }],
    ['retry_intervals', NOT_INTERVALS, { retry_intervals: new Array(21).fill(1) }],
    ['circuit_breaker_threshold', 'must not be greater than 1000', { circuit_breaker_threshold: 1001 }],
    ['circuit_breaker_reset_ms', 'must not be less than 100', { circuit_breaker_reset_ms: 99 }],
    ['auth_config.username', 'is needed when auth_type is basic', { auth_type: 'basic' }],
    ['__proto__', 'is a name that cannot be used', '{"__proto__":{"a":1}}'],
    ['constructor', 'is a name that cannot be used', '{"constructor":1}'],
  ])('a new destination: %j %s', async (field, message, changes) => {
    const complete = { name: 'n', slug: api.slug(), url: 'https://example.com' };
    const body =
      typeof changes === 'string'
        ? `${JSON.stringify(complete).slice(0, -1)},${changes.slice(1)}`
        : { ...complete, ...changes };
    const response = await api.call('post', '/destinations', body);
    expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });

  it.each<[field: string, message: string, changes: object]>([
    ['source_id', 'is required', { source_id: undefined }],
    ['destination_id', 'must be a string', { destination_id: 5 }],
    ['enabled', 'must be true or false', { enabled: 'yes' }],
    ['filter_rules', 'must be an array', { filter_rules: {} }],
    ['filter_rules[0].value', 'is required', { filter_rules: [{ field: 'payload.a', op: 'eq' }] }],
    ['filter_rules[0].a', 'is a number out of range', { filter_rules: '[{"a":1e999}]' }],
    ['transform_expression', 'is needed when transform_enabled is true', { transform_enabled: true }],
    ['bogus', UNKNOWN, { bogus: 1 }],
  ])('a new connection: %j %s', async (field, message, changes) => {
    const [from, to] = await Promise.all([api.source(), api.destination()]);
    const body = { name: 'n', source_id: from.id, destination_id: to.id, ...changes };
    const response = await api.call('post', '/connections', body);
    expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });

  it.each([
    ['destinations', 'bogus', UNKNOWN, { bogus: 'new' }],
    ['connections', 'status', oneOf('active', 'paused', 'disabled'), { status: null }],
  ])('an update of %s: %j %s', async (path, field, message, changes) => {
    const response = await api.call('patch', `/${path}/${NOBODY}`, changes);
    expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });

  it.each([
    ['destinations', 'limit=abc', 'limit', 'must be an integer number'],
    ['destinations', 'limit=101', 'limit', 'must not be greater than 100'],
    ['destinations', 'limit=1&limit=2', 'limit', 'must be an integer number'],
    ['destinations', 'cursor=nonsense', 'cursor', 'must be a cursor from an earlier answer'],
    ['destinations', 'type=smtp', 'type', oneOf(...TYPES)],
    ['destinations', 'bogus=1', 'bogus', UNKNOWN],
    ['connections', 'status=gone', 'status', oneOf('active', 'paused', 'disabled')],
    ['events', 'offset=10001', 'offset', 'must not be greater than 10000'],
    ['events', 'direction=up', 'direction', oneOf('next', 'prev')],
    ['events', 'after=2026-02-30', 'after', NOT_A_DATE],
    ['events', 'search=%00', 'search', NOT_STORABLE],
    ['events', 'cursor=nonsense', 'cursor', 'must be a cursor from an earlier answer'],
    ['delivery-attempts', 'is_dlq=2', 'is_dlq', 'must be 1 or 0'],
    ['delivery-attempts', 'status=dead', 'status', oneOf('success', 'failed', 'timeout', 'error', 'dlq')],
  ])('GET /%s?%s names the parameter', async (path, query, field, message) => {
    const response = await api.call('get', `/${path}?${query}`);
    expectError(response, 400, `Invalid query: '${field}' ${message}`, [{ field, message }]);
  });

  it('names every field that is wrong', async () => {
    const { body } = await api.call('post', '/destinations', { bogus: 1, url: 5 });
    const fields = (body.details as { field: string }[]).map(({ field }) => field);
    expect(fields.sort()).toEqual(['bogus', 'name', 'slug', 'url']);
  });

  it.each(['name', 'org_id', 'filter_rules', 'enabled'])('survives bottomless nesting in %s', async (field) => {
    const nested = '['.repeat(100_000) + ']'.repeat(100_000);
    for (const value of [nested, `"${nested}"`]) {
      const { status } = await api.call('post', '/connections', `{"${field}":${value}}`);
      expect(status).toBe(field === 'org_id' ? 404 : 400);
    }
  });

  it('answers 409 for a slug that is taken in the environment', async () => {
    const taken = { name: 'n', slug: api.slug(), url: 'https://example.com' };
    const create = (key?: string) => api.call('post', '/destinations', taken, key);
    expect((await create()).status).toBe(201);
    expectError(await create(), 409, 'This slug is already in use');
    expect((await create(hookstream.secondTenantKey)).status).toBe(201);
  });

  it('answers 404 for an end of a connection that does not exist', async () => {
    const [from, to] = await Promise.all([api.source(), api.destination()]);
    const connect = (source_id: string, destination_id: string) =>
      api.call('post', '/connections', { name: 'n', source_id, destination_id });
    for (const id of [NOBODY, 'nonsense', to.id]) expectError(await connect(id, to.id), 404, 'Source not found');
    for (const id of [NOBODY, 'nonsense', from.id]) {
      expectError(await connect(from.id, id), 404, 'Destination not found');
    }
  });

  it.each(['/sources', '/destinations', '/connections', '/events', '/delivery-attempts', `/events/${NOBODY}`])(
    'wants a key for %s, however it is spelled',
    async (path) => {
      for (const prefix of ['/v1', '/V1']) {
        const response = await request(hookstream.url).get(prefix + path);
        expectError(response, 401, 'Missing API key: send it in the X-API-Key header');
      }
      for (const key of ['nonsense', `hs_live_${'0'.repeat(64)}`]) {
        expectError(await api.call('get', path, undefined, key), 401, 'Invalid API key');
      }
      const bearer = await request(hookstream.url)
        .get(`/v1${path}`)
        .set('Authorization', `Bearer ${hookstream.apiKey}`);
      expect([200, 404]).toContain(bearer.status);
    },
  );
});
