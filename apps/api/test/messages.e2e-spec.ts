import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hookstream, startApi } from '#libs/testing';
import { Client, expectError, type View } from './client.js';

const MAX_LEVELS = 64;

describe('A message', () => {
  let hookstream: Hookstream;
  let api: Client;
  let path: string;

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
    await api.eventType({ name: 'invoice.paid' });
    path = `/applications/${(await api.application()).id}/messages`;
  });
  afterAll(() => hookstream.stop());

  const post = (payload: string) => api.call('post', path, `{"event_type":"invoice.paid","payload":${payload}}`);
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

  it('may have 64 levels', async () => {
    const { status, body } = await post(nested(MAX_LEVELS));
    expect({ status, body }).toMatchObject({ status: 201, body: { message: { payload: nested(MAX_LEVELS) } } });
    const field = `payload${'[0]'.repeat(MAX_LEVELS)}`;
    const message = 'is nested deeper than 64 levels';
    const refused = await post(nested(MAX_LEVELS + 1));
    expectError(refused, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });

  it.each([
    ['payload', '"a\\u0000b"'],
    ['payload.a', '{"a":"\\u0000"}'],
    ['payload.\\u0000', '{"\\u0000":1}'],
    ['payload[0]', '["\\ud800"]'],
  ])('has no NUL and no half characters: %s of %s', async (field, payload) => {
    const response = await post(payload);
    const message = 'must not contain NUL characters or unpaired surrogates';
    const name = JSON.parse(`"${field}"`) as string;
    expectError(response, 400, `Invalid body: '${name}' ${message}`, [{ field: name, message }]);
  });

  it('is of an event type that is not archived; endpoints may still ask for that', async () => {
    const { id, name } = await api.eventType();
    const set = (status: string) => api.call('patch', `/event-types/${id}`, { status });
    const send = () => api.call('post', path, { event_type: name });
    await set('archived');
    expectError(await send(), 400, "Invalid body: 'event_type' is archived", [
      { field: 'event_type', message: 'is archived' },
    ]);
    const endpoint = await api.endpoint((await api.application()).id, { filter_types: [name] });
    expect(endpoint.filter_types).toBe(JSON.stringify([name]));
    await set('active');
    expect((await send()).status).toBe(201);
  });

  it('keeps its event_id for as long as it is there, and its Idempotency-Key for 24 hours', async () => {
    const appId = path.split('/')[2]!;
    const { id } = await api.message(appId, 'invoice.paid', { event_id: 'mine' });
    const send = async (key: string) => {
      const response = await fetch(`${hookstream.url}/v1${path}`, {
        method: 'POST',
        headers: { 'X-API-Key': hookstream.apiKey, 'Content-Type': 'application/json', 'Idempotency-Key': key },
        body: '{"event_type":"invoice.paid"}',
      });
      return ((await response.json()) as { message: View }).message;
    };
    const keyed = await send('once');
    const keys = await hookstream.database.query<{ key: string; hours: number | null }>(
      `select key, extract(epoch from expires_at - now())::float / 3600 as hours from message_keys order by key`,
    );
    expect(keys).toEqual([
      { key: 'mine', hours: null },
      { key: 'once', hours: expect.any(Number) },
    ]);
    expect(keys[1]!.hours).toBeGreaterThan(23.9);
    expect(keys[1]!.hours).toBeLessThanOrEqual(24);
    expect((await api.message(appId, 'invoice.paid', { event_id: 'mine' })).id).toBe(id);
    expect((await send('once')).id).toBe(keyed.id);
  });
});
