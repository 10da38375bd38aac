import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { hashApiKey } from '#libs/crypto';
import { eventually, type Hookstream, startApi } from '#libs/testing';
import { anId, aTime, Client, expectError, type Method, NOBODY, type View } from './client.js';

const A_KEY = /^hs_live_[0-9a-f]{64}$/;

describe('API keys', () => {
  let hookstream: Hookstream;
  let api: Client;

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
  });
  afterAll(() => hookstream.stop());

  async function create(fields: object = {}, maker?: string): Promise<View & { key: string }> {
    const response = await api.call('post', '/auth/api-keys', { name: 'CI', ...fields }, maker);
    expect(response).toMatchObject({ status: 201 });
    return response.body as View & { key: string };
  }
  const listed = async (id: string) => (await api.list('/auth/api-keys?limit=100')).find((key) => key.id === id);
  const scoped = async (scopes: string) => (await create({ scopes })).key;

  it('shows a new key once and stores its hash', async () => {
    const created = await create({ org_id: 'default', env_id: hookstream.tenant.environmentId });
    const { key, ...shown } = created;
    expect(created).toEqual({
      id: anId,
      org_id: hookstream.tenant.organizationId,
      env_id: hookstream.tenant.environmentId,
      name: 'CI',
      key: expect.stringMatching(A_KEY),
      key_prefix: key.slice(0, 12),
      prefix: key.slice(0, 12),
      scopes: '*',
      request_count: 0,
      last_used_at: null,
      expires_at: null,
      revoked: 0,
      revoked_at: null,
      created_at: aTime,
    });
    expect(await listed(created.id)).toEqual(shown);
    const stored = await hookstream.database.query('select * from api_keys where id = $1', [created.id]);
    expect(stored).toMatchObject([{ key_hash: hashApiKey(key) }]);
    expect(JSON.stringify(stored)).not.toContain(key);
    expect((await api.call('get', '/sources', undefined, key)).status).toBe(200);
  });

  it('counts requests and remembers the last, without the database on the way', async () => {
    const { id, key } = await create();
    await Promise.all(Array.from({ length: 5 }, () => api.call('get', '/sources', undefined, key)));
    await eventually(async () => expect(await listed(id)).toMatchObject({ request_count: 5, last_used_at: aTime }));
  });

  it('revokes a key within a second, in every process, and keeps it in the list', async () => {
    const second = await hookstream.startApi();
    const { id, key } = await create();
    const status = async (url: string) => (await request(url).get('/v1/sources').set('X-API-Key', key)).status;
    expect([await status(hookstream.url), await status(second.url)]).toEqual([200, 200]);
    for (let times = 0; times < 2; times++) {
      expect(await api.call('delete', `/auth/api-keys/ak_${id}`)).toMatchObject({
        status: 200,
        body: { success: true },
      });
    }
    expect(await status(hookstream.url)).toBe(401);
    await eventually(async () => expect(await status(second.url)).toBe(401), 1000);
    expect(await listed(id)).toMatchObject({ revoked: 1, revoked_at: aTime });
    await second.kill('SIGTERM');
  });

  it('ends a key at its time', async () => {
    const { id, key } = await create({ expires_at: new Date(Date.now() + 2000).toISOString() });
    const status = async () => (await api.call('get', '/sources', undefined, key)).status;
    expect(await status()).toBe(200);
    expect(await listed(id)).toMatchObject({ expires_at: aTime, revoked: 0 });
    await eventually(async () => expect(await status()).toBe(401), 4000);
  });

  it.each<[scopes: string, method: Method, path: string, lacking: string | null]>([
    ['read', 'get', '/sources', null],
    ['read', 'post', '/sources', 'sources:write'],
    ['read', 'get', '/auth/api-keys', null],
    ['write', 'delete', `/auth/api-keys/${NOBODY}`, 'api-keys:write'],
    ['write', 'delete', `/destinations/${NOBODY}`, null],
    ['write', 'delete', `/environments/${NOBODY}`, 'environments:write'],
    ['events:read', 'get', '/events', null],
    ['events:read', 'post', `/events/${NOBODY}/retry`, 'events:write'],
    ['events:read', 'get', '/sources', 'sources:read'],
    ['delivery-attempts:write events:read', 'get', '/delivery-attempts', null],
  ])('with %s, %s %s lacks %s', async (scopes, method, path, lacking) => {
    const response = await api.call(method, path, undefined, await scoped(scopes));
    if (lacking) expectError(response, 403, `This API key lacks the scope ${lacking}`);
    else expect([200, 404]).toContain(response.status);
  });

  it('does not tell cases of a path apart', async () => {
    const key = await scoped('events:read');
    const response = await request(hookstream.url).get('/V1/SOURCES').set('X-API-Key', key);
    expectError(response, 403, 'This API key lacks the scope sources:read');
  });

  it('takes scopes as text and as an array, and shows them as text', async () => {
    expect(await create({ scopes: 'events:read, sources:write events:read' })).toMatchObject({
      scopes: 'events:read sources:write',
    });
    expect(await create({ scopes: ['read', 'sources:write'] })).toMatchObject({ scopes: 'read sources:write' });
  });

  it('lets no key make a key that may do more', async () => {
    const maker = await scoped('read api-keys:write');
    const refused = (scopes: string) => `A key cannot get a scope that its maker does not have: ${scopes}`;
    const attempt = (fields: object) => api.call('post', '/auth/api-keys', { name: 'n', ...fields }, maker);
    expectError(await attempt({}), 403, refused('*'));
    expectError(await attempt({ scopes: 'read write sources:write' }), 403, refused('write, sources:write'));
    expect((await attempt({ scopes: 'sources:read' })).status).toBe(201);
  });

  it.each<[field: string, message: string, fields: object]>([
    ['name', 'is required', { name: undefined }],
    ['scopes', 'should not be empty', { scopes: '' }],
    ['expires_at', 'must be in the future', { expires_at: '2020-01-01' }],
    ['bogus', 'is not a known field', { bogus: 1 }],
  ])('%s %s', async (field, message, fields) => {
    const response = await api.call('post', '/auth/api-keys', { name: 'n', ...fields });
    expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });

  it.each(['sources', 'nothing:read', 'sources:delete', '**', 5])('does not know the scope %s', async (scope) => {
    const response = await api.call('post', '/auth/api-keys', { name: 'n', scopes: ['read', scope] });
    expect(response).toMatchObject({ status: 400, body: { details: [{ field: 'scopes' }] } });
    expect(response.body.error).toContain('sources');
  });

  it('keeps tenants apart', async () => {
    const { id } = await create();
    expect(await api.list('/auth/api-keys', hookstream.secondTenantKey)).toHaveLength(1);
    const response = await api.call('delete', `/auth/api-keys/${id}`, undefined, hookstream.secondTenantKey);
    expectError(response, 404, 'API key not found');
    for (const env_id of [NOBODY, 'nonsense']) {
      expectError(await api.call('post', '/auth/api-keys', { name: 'n', env_id }), 404, 'Environment not found');
    }
  });

  describe('of another environment of the organization', () => {
    let env_id: string;
    beforeAll(async () => {
      const { body } = await api.call('post', '/environments', { name: 'Staging', slug: api.slug() });
      env_id = (body as { environment: View }).environment.id;
    });

    it('are made, listed and revoked by a key with all scopes', async () => {
      const { id, key, ...made } = await create({ env_id });
      expect(made).toMatchObject({ env_id, org_id: hookstream.tenant.organizationId });
      await api.source();
      expect(await api.list('/sources', key)).toEqual([]);
      expect(await api.list(`/auth/api-keys?env_id=${env_id}`)).toMatchObject([{ id }]);
      expectError(await api.call('delete', `/auth/api-keys/${id}`), 404, 'API key not found');
      expect((await api.call('delete', `/auth/api-keys/${id}?env_id=${env_id}`)).status).toBe(200);
      expect((await api.call('get', '/sources', undefined, key)).status).toBe(401);
    });

    it('do not exist for any other key', async () => {
      const maker = await scoped('read write api-keys:write');
      const response = await api.call('post', '/auth/api-keys', { name: 'n', env_id, scopes: 'read' }, maker);
      expectError(response, 404, 'Environment not found');
      expectError(await api.call('get', `/sources?env_id=${env_id}`), 404, 'Environment not found');
    });
  });
});
