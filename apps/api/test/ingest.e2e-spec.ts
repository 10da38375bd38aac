import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { type Hookstream, startApi } from '#libs/testing';

const MAX_BODY_BYTES = 64 * 1024;

describe('Ingest', () => {
  let hookstream: Hookstream;

  beforeAll(async () => {
    hookstream = await startApi({ HOOKSTREAM_MAX_BODY_BYTES: String(MAX_BODY_BYTES) });
  });
  afterAll(() => hookstream.stop());

  let sources = 0;
  async function createSource(fields: object = {}): Promise<string> {
    const slug = `s-${++sources}`;
    const { source } = await hookstream.call<{ source: { id: string } }>('POST', '/v1/sources', {
      name: slug,
      slug,
      ...fields,
    });
    return source.id;
  }
  const ingest = (sourceId: string) => request(hookstream.url).post(`/v1/ingest/${sourceId}`);
  /** Bytes as they are; supertest would make JSON of a Buffer. */
  const post = (path: string, body: Buffer, headers: Record<string, string>) =>
    fetch(`${hookstream.url}/v1/ingest/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: new Uint8Array(body),
    });
  const storedEvents = async (sourceId: string) =>
    (await hookstream.database.query('select from events where source_id = $1', [sourceId])).length;

  it.each([
    ['JSON', Buffer.from('{"a": 1,\n "b":"é"}')],
    ['nothing', Buffer.alloc(0)],
    ['a byte order mark', Buffer.from('\ufeff{"a":1}')],
    ['NUL in text', Buffer.from('a\0b')],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28])],
  ])('keeps %s exactly as sent', async (_, body) => {
    const sourceId = await createSource();
    const response = await post(`${sourceId}?x=1&x=2&y=%20`, body, { 'X-Custom': 'Value' });
    expect(response.status).toBe(200);
    const answer = (await response.json()) as { event_id: string };
    expect(answer).toEqual({ event_id: expect.stringMatching(/^[0-9a-f]{32}$/), source_id: sourceId });
    const [stored] = await hookstream.database.query(
      'select * from events e join event_payloads p on p.event_id = e.id where e.id = $1',
      [answer.event_id],
    );
    expect(stored?.body_bytes ?? Buffer.from(stored?.body_text, 'utf8')).toEqual(body);
    expect(stored).toMatchObject({
      method: 'POST',
      content_type: 'application/json',
      query: 'x=1&x=2&y=%20',
      payload_bytes: body.length,
    });
    expect(stored?.source_ip).toMatch(/127\.0\.0\.1$/);
    expect(JSON.parse(String(stored?.headers))).toMatchObject({ 'x-custom': 'Value' });
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'] as const)('takes %s', async (method) => {
    const sourceId = await createSource();
    const response = await fetch(`${hookstream.url}/v1/ingest/${sourceId}?challenge=1`, { method });
    expect(response.status).toBe(200);
    expect(await storedEvents(sourceId)).toBe(1);
  });

  it('takes an id with its documented prefix', async () => {
    const sourceId = await createSource();
    expect((await ingest(`src_${sourceId}`).send('{}')).status).toBe(200);
  });

  it('keeps a compressed body compressed', async () => {
    const sourceId = await createSource();
    const body = Buffer.from('H4sIAAAAAAAAA6tWSlSyMqwFAIKJ6uYHAAAA', 'base64');
    const response = await post(sourceId, body, { 'Content-Encoding': 'gzip' });
    expect(response.status).toBe(200);
    const { event_id } = (await response.json()) as { event_id: string };
    const [stored] = await hookstream.database.query('select body_bytes from event_payloads where event_id = $1', [
      event_id,
    ]);
    expect(stored?.body_bytes).toEqual(body);
  });

  it.each([
    ['an unknown id', '0'.repeat(32)],
    ['something that is not an id', 'hello'],
  ])('answers 404 for %s', async (_, id) => {
    const response = await ingest(id).send('{}');
    expect(response.status).toBe(404);
    expect(response.body).toEqual({
      error: 'Source not found',
      status: 404,
      request_id: expect.stringMatching(/^req_[0-9a-f]{12}$/),
    });
    expect(response.headers['x-request-id']).toBe(response.body.request_id);
  });

  it('answers 404 for a source that is disabled', async () => {
    const sourceId = await createSource({ status: 'disabled' });
    expect((await ingest(sourceId).send('{}')).status).toBe(404);
    await hookstream.call('PATCH', `/v1/sources/${sourceId}`, { status: 'active' });
    expect((await ingest(sourceId).send('{}')).status).toBe(200);
    expect(await storedEvents(sourceId)).toBe(1);
  });

  it('answers 404 once the source is deleted', async () => {
    const sourceId = await createSource();
    expect((await ingest(sourceId).send('{}')).status).toBe(200);
    await hookstream.call('DELETE', `/v1/sources/${sourceId}`);
    expect((await ingest(sourceId).send('{}')).status).toBe(404);
  });

  it('takes a body of exactly the limit and refuses a larger one', async () => {
    const sourceId = await createSource();
    expect((await ingest(sourceId).send(Buffer.alloc(MAX_BODY_BYTES, 'a'))).status).toBe(200);
    const response = await ingest(sourceId).send(Buffer.alloc(MAX_BODY_BYTES + 1, 'a'));
    expect(response.status).toBe(413);
    expect(response.body).toMatchObject({ status: 413, error: expect.stringContaining(String(MAX_BODY_BYTES)) });
    expect(await storedEvents(sourceId)).toBe(1);
  });

  it('refuses a body that turns out too large while it is sent in chunks', async () => {
    const sourceId = await createSource();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = httpRequest(`${hookstream.url}/v1/ingest/${sourceId}`, { method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on('error', reject);
      for (let i = 0; i < 3; i++) sending.write(Buffer.alloc(MAX_BODY_BYTES / 2, 'a'));
    });
    expect(status).toBe(413);
    expect(await storedEvents(sourceId)).toBe(0);
  });

  it('stores nothing of a sender that goes away in the middle', async () => {
    const sourceId = await createSource();
    await new Promise<void>((resolve) => {
      const sending = httpRequest(`${hookstream.url}/v1/ingest/${sourceId}`, {
        method: 'POST',
        headers: { 'Content-Length': 100 },
      });
      sending.on('error', () => resolve());
      sending.write('{', () => sending.destroy(new Error('gone')));
    });
    expect((await ingest(sourceId).send('{}')).status).toBe(200);
    expect(await storedEvents(sourceId)).toBe(1);
  });

  describe('with verification', () => {
    const SECRET = 'secret of the sender';
    const body = '{"amount": 12.50}';
    const hex = (algorithm: string, text: string) => createHmac(algorithm, SECRET).update(text).digest('hex');

    it.each([
      ['hmac_sha256', 'X-Signature', (text: string) => `sha256=${hex('sha256', text)}`],
      ['hmac_sha1', 'X-Hub-Signature', (text: string) => `sha1=${hex('sha1', text)}`],
      ['hmac-sha256', 'X-Plain', (text: string) => hex('sha256', text).toUpperCase()],
    ])('%s takes what is signed and refuses the rest', async (verification_type, verification_header, sign) => {
      const sourceId = await createSource({
        verification_enabled: true,
        verification_type,
        verification_header,
        verification_secret: SECRET,
      });
      const post = (signature?: string) => {
        const test = ingest(sourceId).set('Content-Type', 'application/json');
        return (signature === undefined ? test : test.set(verification_header, signature)).send(body);
      };
      expect((await post(sign(body))).status).toBe(200);
      for (const wrong of [undefined, '', 'sha256=', 'nonsense', sign(`${body} `)]) {
        const response = await post(wrong);
        expect(response.status).toBe(401);
        expect(response.body).toMatchObject({ status: 401, error: expect.any(String) });
      }
      expect(await storedEvents(sourceId)).toBe(1);
    });
  });

  describe('with IP rules', () => {
    it.each([
      [{ ip_denylist: ['127.0.0.0/8', '::1'] }, 403],
      [{ ip_allowlist: ['192.0.2.1'] }, 403],
      [{ ip_allowlist: ['127.0.0.1', '::1/128'] }, 200],
      [{ ip_allowlist: ['127.0.0.0/8'], ip_denylist: ['127.0.0.1'] }, 403],
    ])('%j answers %i', async (fields, status) => {
      const sourceId = await createSource(fields);
      expect((await ingest(sourceId).send('{}')).status).toBe(status);
    });
  });

  it('answers 503 and recovers when the database cannot be written', async () => {
    const sourceId = await createSource();
    await hookstream.database.query('alter table events rename to events_away');
    try {
      const response = await ingest(sourceId).send('{}');
      expect(response.status).toBe(503);
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    } finally {
      await hookstream.database.query('alter table events_away rename to events');
    }
    expect((await ingest(sourceId).send('{}')).status).toBe(200);
  });
});
