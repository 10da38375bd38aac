import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hookstream, startApi } from '#libs/testing';
import { anId, aTime, Client, expectError, NOBODY, type View } from './client.js';

describe('Environments', () => {
  let hookstream: Hookstream;
  let api: Client;

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
  });
  afterAll(() => hookstream.stop());

  async function create(fields: object = {}): Promise<View> {
    const response = await api.call('post', '/environments', { name: 'Staging', slug: api.slug(), ...fields });
    expect(response).toMatchObject({ status: 201 });
    return (response.body as { environment: View }).environment;
  }

  it('are made, read, listed and changed', async () => {
    const made = await create({ slug: 'staging' });
    const organizationId = hookstream.tenant.organizationId;
    expect(made).toEqual({ id: anId, org_id: organizationId, name: 'Staging', slug: 'staging', created_at: aTime });
    expect(await api.read(`/environments/env_${made.id}`)).toEqual(made);
    const { body } = await api.call('get', '/environments?limit=1');
    expect(body).toEqual({ environments: [made], cursor: expect.any(String), has_more: true });
    const changed = await api.call('patch', `/environments/${made.id}`, { name: 'Test', slug: 'test' });
    expect(changed.body).toEqual({ environment: { ...made, name: 'Test', slug: 'test' } });
  });

  it('have slugs of their own', async () => {
    const [taken, other] = await Promise.all([create(), create()]);
    const refused = 'This slug is already in use';
    const again = await api.call('post', '/environments', { name: 'n', slug: taken.slug });
    expectError(again, 409, refused);
    expectError(await api.call('patch', `/environments/${other.id}`, { slug: taken.slug }), 409, refused);
    const elsewhere = { name: 'n', slug: taken.slug };
    expect((await api.call('post', '/environments', elsewhere, hookstream.secondTenantKey)).status).toBe(201);
  });

  it('take everything in them along when they are deleted', async () => {
    const { id } = await create();
    const { body } = await api.call('post', '/auth/api-keys', { name: 'n', env_id: id });
    const { key } = body as { key: string };
    const made = await api.call('post', '/sources', { name: 'n', slug: 'n' }, key);
    expect(made.status).toBe(201);
    const ingest = async () =>
      (await fetch(`${hookstream.url}/v1/ingest/${made.body.source.id}`, { method: 'POST' })).status;
    expect(await ingest()).toBe(200);

    expect(await api.call('delete', `/environments/${id}`)).toMatchObject({ status: 200, body: { success: true } });
    expect(await ingest()).toBe(404);
    expect((await api.call('get', '/sources', undefined, key)).status).toBe(401);
    expectError(await api.call('get', `/environments/${id}`), 404, 'Environment not found');
    expect(await hookstream.database.query('select from sources where environment_id = $1', [id])).toEqual([]);
  });

  it('are not deleted under the calling key', async () => {
    const path = `/environments/${hookstream.tenant.environmentId}`;
    expectError(await api.call('delete', path), 409, 'The environment of the calling key cannot be deleted');
    expect((await api.call('get', path)).status).toBe(200);
  });

  it('of other organizations do not exist', async () => {
    const { id } = await create();
    for (const [method, body] of [['get'], ['patch', { name: 'n' }], ['delete']] as const) {
      for (const path of [`/environments/${id}`, `/environments/${NOBODY}`, '/environments/nonsense']) {
        const response = await api.call(method, path, body, hookstream.secondTenantKey);
        expectError(response, 404, 'Environment not found');
      }
    }
  });

  it.each<[field: string, message: string, fields: object]>([
    ['name', 'is required', { slug: 'n' }],
    ['slug', 'must match pattern ^[a-z0-9-]+$', { name: 'n', slug: 'Not a slug' }],
    ['id', 'is not a known field', { name: 'n', slug: 'n', id: NOBODY }],
  ])('%s %s', async (field, message, body) => {
    const response = await api.call('post', '/environments', body);
    expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });
});
