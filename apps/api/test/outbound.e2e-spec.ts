import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Keyring } from '#libs/crypto';
import { type Hookstream, startApi } from '#libs/testing';
import { aTime, anId, Client, expectError, NOBODY, type View } from './client.js';

const aSecret = expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/);
const FUTURE = '2099-01-02T03:04:05.678Z';

describe('Applications, endpoints and event types', () => {
  let hookstream: Hookstream;
  let api: Client;
  let owner: { org_id: string; env_id: string };

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
    owner = { org_id: hookstream.tenant.organizationId, env_id: hookstream.tenant.environmentId };
  });
  afterAll(() => hookstream.stop());

  describe('an application', () => {
    it('has every field, and is found by its id and its uid', async () => {
      const view = await api.application({ name: 'ACME', uid: 'acme:1@example.com' });
      expect(view).toEqual({
        ...owner,
        id: anId,
        name: 'ACME',
        uid: 'acme:1@example.com',
        description: null,
        metadata: null,
        status: 'active',
        operational: 0,
        rate_limit: null,
        endpoint_count: 0,
        message_count: 0,
        created_at: aTime,
        updated_at: aTime,
      });
      for (const name of [view.id, `app_${view.id}`, 'acme:1@example.com', encodeURIComponent('acme:1@example.com')]) {
        expect(await api.read(`/applications/${name}`)).toEqual(view);
      }
    });

    it('is updated, taken back as it was shown, and cleared', async () => {
      const metadata = { z: 1, a: [true, null] };
      const made = await api.application({ description: 'why', metadata, rate_limit: 5 });
      expect(made).toMatchObject({ metadata: '{"z":1,"a":[true,null]}', rate_limit: 5, description: 'why' });
      const update = async (changes: object) =>
        (await api.call('patch', `/applications/${String(made.uid)}`, changes)).body.application as View;
      const { name, description, rate_limit, status, org_id, env_id } = made;
      const same = { name, description, rate_limit, status, org_id, env_id, metadata: made.metadata };
      expect(await update(same)).toEqual({ ...made, updated_at: aTime });
      expect(await update({ metadata: { b: 2 }, status: 'disabled' })).toMatchObject({
        metadata: '{"b":2}',
        status: 'disabled',
      });
      const cleared = { description: null, metadata: null, rate_limit: null };
      expect(await update({ ...cleared, name: 'New' })).toMatchObject({ ...cleared, name: 'New', uid: made.uid });
    });

    it('has a uid that is unique in the environment and nobody else’s id', async () => {
      const { id, uid } = await api.application();
      const create = (taken: unknown, key?: string) =>
        api.call('post', '/applications', { name: 'n', uid: taken }, key);
      for (const taken of [uid, id, `app_${id}`]) {
        expectError(await create(taken), 409, 'This uid is already in use');
      }
      expect((await create(uid, hookstream.secondTenantKey)).status).toBe(201);
    });

    it('counts its endpoints and messages', async () => {
      const { id } = await api.application();
      await Promise.all([api.endpoint(id), api.endpoint(id), api.application()]);
      const { name } = await api.eventType();
      await api.message(id, name);
      expect(await api.read(`/applications/${id}`)).toMatchObject({ endpoint_count: 2, message_count: 1 });
      const listed = (await api.list('/applications')).find((item) => item.id === id);
      expect(listed).toMatchObject({ endpoint_count: 2, message_count: 1 });
    });

    it('takes its endpoints and messages with it', async () => {
      const { id, uid } = await api.application();
      const endpoint = await api.endpoint(id);
      expect((await api.call('delete', `/applications/${String(uid)}`)).body).toEqual({ success: true });
      const rows = await hookstream.database.query('select from endpoints where id = $1', [endpoint.id]);
      expect(rows).toEqual([]);
      for (const path of [`/applications/${id}`, `/applications/${id}/endpoints/${endpoint.id}`]) {
        expectError(await api.call('get', path), 404, 'Application not found');
      }
    });

    it('is found by part of its name or uid, page by page', async () => {
      const [first, second, other] = [
        await api.application({ name: '50%_Off \\ Shop' }),
        await api.application({ uid: 'the-50~-shop', name: 'The 50%_off \\ shop' }),
        await api.application({ name: '50 off shop' }),
      ];
      const page = async (query: string) => {
        const { body } = await api.call('get', `/applications?${query}`);
        return { ...body, applications: (body.applications as View[]).map(({ id }) => id) } as object;
      };
      const search = `search=${encodeURIComponent('50%_OFF \\ s')}`;
      expect(await page(search)).toEqual({ applications: [second.id, first.id], cursor: null, has_more: false });
      expect(await page('search=E-50~-S')).toMatchObject({ applications: [second.id] });
      const { cursor } = (await api.call('get', `/applications?${search}&limit=1`)).body as { cursor: string };
      expect(await page(`${search}&limit=1&cursor=${cursor}`)).toMatchObject({ applications: [first.id] });
      await api.call('patch', `/applications/${other.id}`, { status: 'disabled' });
      expect(await page('status=disabled&search=50')).toMatchObject({ applications: [other.id] });
    });

    it('comes in pages of 50 when nothing else is said', async () => {
      for (let i = 0; i < 5; i++) await Promise.all(Array.from({ length: 11 }, () => api.application()));
      const { body } = await api.call('get', '/applications');
      expect(body).toMatchObject({ cursor: expect.any(String), has_more: true });
      expect(body.applications).toHaveLength(50);
    });

    it.each(['nonsense', NOBODY, '%00', 'a%20b', '%F0%9F%98%80', '..%2Fsources'])('is not at %s', async (name) => {
      expectError(await api.call('get', `/applications/${name}`), 404, 'Application not found');
      expectError(await api.call('get', `/applications/${name}/endpoints`), 404, 'Application not found');
    });
  });

  describe('an endpoint', () => {
    it('has every field, and shows its secret once', async () => {
      const { id, uid } = await api.application();
      const { signing_secret, ...view } = await api.endpoint(String(uid));
      expect(signing_secret).toEqual(aSecret);
      expect(view).toEqual({
        ...owner,
        id: anId,
        application_id: id,
        url: 'https://example.com/webhooks',
        description: null,
        headers: null,
        signing_algorithm: 'hmac_sha256',
        public_key: null,
        status: 'active',
        disabled_reason: null,
        filter_types: null,
        channels: null,
        rate_limit_per_second: null,
        expires_at: null,
        created_at: aTime,
        updated_at: aTime,
      });
      expect(await api.read(`/applications/${id}/endpoints/ep_${view.id}`)).toEqual(view);
      expect(await api.list(`/applications/${String(uid)}/endpoints?status=active`)).toEqual([view]);
      expect(await api.list(`/applications/${id}/endpoints?status=disabled`)).toEqual([]);
    });

    it('takes everything that can be set, and takes it back as it was shown', async () => {
      const { id } = await api.application();
      const settings = { description: 'why', rate_limit_per_second: 10, expires_at: FUTURE };
      const { id: endpointId } = await api.endpoint(id, { ...settings, filter_types: ['a.b', 'c.*'] });
      const path = `/applications/${id}/endpoints/${endpointId}`;
      const made = await api.read(path);
      expect(made).toMatchObject({ ...settings, filter_types: '["a.b","c.*"]' });
      const update = async (changes: object) => (await api.call('patch', path, changes)).body.endpoint as View;
      const { url, status, filter_types } = made;
      expect(await update({ ...settings, url, status, filter_types })).toEqual({ ...made, updated_at: aTime });
      await hookstream.database.query("update endpoints set expires_at = '2020-01-01Z' where id = $1", [made.id]);
      expect(await update({ expires_at: '2020-01-01T00:00:00.000Z', url: 'https://example.com/new' })).toMatchObject({
        expires_at: '2020-01-01T00:00:00.000Z',
        url: 'https://example.com/new',
      });
      const cleared = { description: null, rate_limit_per_second: null, expires_at: null, filter_types: null };
      expect(await update({ ...cleared, status: 'disabled' })).toMatchObject({ ...cleared, status: 'disabled' });
    });

    it('gets a new secret; the old one stays valid for a day, sealed', async () => {
      const { id } = await api.application();
      const endpoint = await api.endpoint(id);
      const path = `/applications/${id}/endpoints/${endpoint.id}`;
      const { status, body } = await api.call('post', `${path}/rotate-secret`);
      expect({ status, body }).toEqual({ status: 200, body: { signing_secret: aSecret } });
      expect(body.signing_secret).not.toBe(endpoint.signing_secret);
      interface Row {
        [column: string]: unknown;
        signing_secret: string;
        old_signing_secrets: { secret: string; expires_at: string }[];
      }
      const stored = async () => {
        const rows = await hookstream.database.query<Row>('select * from endpoints where id = $1', [endpoint.id]);
        return rows[0]!;
      };
      const keyring = new Keyring(`test:${Buffer.alloc(32, 1).toString('base64')}`);
      const row = await stored();
      expect(keyring.open(row.signing_secret)).toBe(body.signing_secret);
      const [old, ...none] = row.old_signing_secrets;
      expect(none).toEqual([]);
      expect(keyring.open(old!.secret)).toBe(endpoint.signing_secret);
      const hours = (new Date(old!.expires_at).getTime() - Date.now()) / 3_600_000;
      expect(hours).toBeGreaterThan(23.9);
      expect(hours).toBeLessThanOrEqual(24);
      await Promise.all(Array.from({ length: 3 }, () => api.call('post', `${path}/rotate-secret`)));
      expect((await stored()).old_signing_secrets).toHaveLength(4);
      expect(await api.read(path)).not.toHaveProperty('signing_secret');
      expect(await api.read(path)).not.toHaveProperty('old_signing_secrets');
    });

    it('belongs to its application alone', async () => {
      const [mine, other] = await Promise.all([api.application(), api.application()]);
      const endpoint = await api.endpoint(mine.id);
      const path = `/applications/${other.id}/endpoints/${endpoint.id}`;
      expectError(await api.call('get', path), 404, 'Endpoint not found');
      expectError(await api.call('patch', path, { status: 'disabled' }), 404, 'Endpoint not found');
      expectError(await api.call('post', `${path}/rotate-secret`), 404, 'Endpoint not found');
      expectError(await api.call('delete', path), 404, 'Endpoint not found');
      const own = `/applications/${mine.id}/endpoints/${endpoint.id}`;
      expect((await api.call('delete', own)).body).toEqual({ success: true });
      expectError(await api.call('get', own), 404, 'Endpoint not found');
    });

    it.each<[field: string, message: string, changes: object]>([
      ['url', 'is required', { url: undefined }],
      ['url', 'must be an absolute URL with a host, such as https://example.com/webhooks', { url: 'string' }],
      ['url', 'must not point to a loopback, private or reserved address', { url: 'http://10.0.0.1/' }],
      ['expires_at', 'must be in the future', { expires_at: '2020-01-01' }],
      ['expires_at', 'must be a date or time in ISO 8601, such as 2026-03-01T12:00:00Z', { expires_at: 'string' }],
      ['rate_limit_per_second', 'must not be less than 1', { rate_limit_per_second: -1 }],
      [
        'filter_types',
        'must be names of event types, such as invoice.paid, or of groups of them, such as invoice.*',
        { filter_types: ['*'] },
      ],
      [
        'filter_types',
        'must be names of event types, such as invoice.paid, or of groups of them, such as invoice.*',
        { filter_types: 'a.b' },
      ],
      ['status', 'is not a known field', { status: 'active' }],
    ])('is refused when %s %s', async (field, message, changes) => {
      const { id } = await api.application();
      const body = { url: 'https://example.com', ...changes };
      const response = await api.call('post', `/applications/${id}/endpoints`, body);
      expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
      expect(await api.list(`/applications/${id}/endpoints`)).toEqual([]);
    });
  });

  describe('an event type', () => {
    const SCHEMA = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };

    it.each([SCHEMA, JSON.stringify(SCHEMA)])('has every field; json_schema may be %j', async (json_schema) => {
      const name = `invoice.${api.slug()}`;
      const view = await api.eventType({ name, json_schema, description: 'An invoice was paid' });
      expect(view).toEqual({
        ...owner,
        id: anId,
        name,
        description: 'An invoice was paid',
        json_schema: JSON.stringify(SCHEMA),
        status: 'active',
        created_at: aTime,
        updated_at: aTime,
      });
      expect(await api.read(`/event-types/${view.id}`)).toEqual(view);
      const { body } = await api.call('patch', `/event-types/${view.id}`, { json_schema: null, status: 'archived' });
      expect(body.event_type).toEqual({ ...view, json_schema: null, status: 'archived', updated_at: aTime });
      expect(await api.list('/event-types?status=archived')).toContainEqual(body.event_type);
      expectError(await api.call('post', '/event-types', { name }), 409, 'This event type already exists');
      expect((await api.call('delete', `/event-types/${view.id}`)).body).toEqual({ success: true });
      expectError(await api.call('get', `/event-types/${view.id}`), 404, 'Event type not found');
    });

    it.each<[field: string, message: string, fields: object]>([
      [
        'name',
        'must be words with dots between them, such as invoice.paid, and at most 200 characters',
        { name: 'a b' },
      ],
      ['json_schema', 'must be an object', { name: 'a.b', json_schema: 'no JSON' }],
      ['json_schema', 'must be an object', { name: 'a.b', json_schema: [] }],
      [
        'json_schema',
        'is not a valid JSON Schema: /type must be equal to one of the allowed values',
        { name: 'a.b', json_schema: { type: 'text' } },
      ],
    ])('is refused when %s %s', async (field, message, fields) => {
      const response = await api.call('post', '/event-types', fields);
      expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
    });
  });

  it.each(['/applications/mine', '/applications/mine/endpoints/x', '/event-types/x'])(
    'an update of %s must change something',
    async (path) => {
      const { id } = await api.application();
      const target = path.replace('mine', id).replace('/x', `/${NOBODY}`);
      for (const body of [{}, { env_id: 'default' }]) {
        expectError(await api.call('patch', target, body), 400, 'No fields to update');
      }
    },
  );
});
