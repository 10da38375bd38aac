import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import request, { type Response } from 'supertest';
import { newSigningSecret, readSigningSecret } from '#libs/crypto';
import { eventually, type Hookstream, startApi } from '#libs/testing';
import { Client, expectError, type View } from './client.js';

const SECRET = 'secret of the sender';

describe('Checks of a source', () => {
  let hookstream: Hookstream;
  let api: Client;

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
  });
  afterAll(() => hookstream.stop());

  const send = (source: View, body: string | object, headers: Record<string, string> = {}): Promise<Response> =>
    request(hookstream.url)
      .post(`/v1/ingest/${source.id}`)
      .set({ 'Content-Type': 'application/json', ...headers })
      .send(body)
      .then((response) => response);
  const eventOf = async (response: Response): Promise<View> => {
    expect(response).toMatchObject({ status: 200 });
    return api.read(`/events/${response.body.event_id}`);
  };
  const eventsOf = (source: View) => api.list(`/events?source_id=${source.id}`);

  it('fills in the defaults of a source', async () => {
    const view = await api.source({ name: 'Plain', slug: 'plain' });
    expect(view).toMatchObject({
      type: 'http',
      status: 'active',
      template: null,
      source_config: null,
      ingest_url: `${hookstream.url}/v1/ingest/${view.id}`,
      verification_enabled: 0,
      verification_config: null,
      dedup_enabled: 0,
      dedup_strategy: null,
      dedup_field: null,
      dedup_window_seconds: 300,
      schema_validation_enabled: 0,
      json_schema: null,
      schema_action: null,
      is_ephemeral: 0,
      expires_at: null,
      request_limit: null,
    });
  });

  describe('templates', () => {
    it('lists the fifteen, with what they preset', async () => {
      const templates = await api.list('/sources/templates');
      expect(templates.map(({ id, verification_type }) => [id, verification_type])).toEqual([
        ['stripe', 'hmac_sha256'],
        ['github', 'hmac_sha256'],
        ['shopify', 'hmac_sha256'],
        ['slack', 'hmac_sha256'],
        ['sendgrid', 'hmac_sha256'],
        ['linear', 'hmac_sha256'],
        ['paddle', 'hmac_sha256'],
        ['typeform', 'hmac_sha256'],
        ['twilio', 'hmac_sha1'],
        ['intercom', 'hmac_sha1'],
        ['clerk', 'standard_webhooks'],
        ['svix', 'standard_webhooks'],
        ['resend', 'standard_webhooks'],
        ['postmark', null],
        ['custom', null],
      ]);
      for (const template of templates) {
        expect(template).toMatchObject({ name: expect.any(String), description: expect.any(String) });
        const { template: made } = await api.source({ template: template.id });
        expect(made).toBe(template.id);
      }
    });

    const body = '{"type":"paid"}';
    const now = Math.floor(Date.now() / 1000);
    const hmac = (text: string, encoding: 'hex' | 'base64' = 'hex', algorithm = 'sha256') =>
      createHmac(algorithm, SECRET).update(text).digest(encoding);
    const standard = createHmac('sha256', Buffer.from(SECRET)).update(`msg_1.${now}.${body}`).digest('base64');
    const svix = { 'svix-id': 'msg_1', 'svix-timestamp': `${now}`, 'svix-signature': `v1,${standard}` };

    it.each<[template: string, headers: Record<string, string>]>([
      ['stripe', { 'Stripe-Signature': `t=${now},v1=${hmac(`${now}.${body}`)},v0=${hmac('x')}` }],
      ['slack', { 'X-Slack-Request-Timestamp': `${now}`, 'X-Slack-Signature': `v0=${hmac(`v0:${now}:${body}`)}` }],
      ['github', { 'X-Hub-Signature-256': `sha256=${hmac(body)}` }],
      ['shopify', { 'X-Shopify-Hmac-SHA256': hmac(body, 'base64') }],
      ['linear', { 'Linear-Signature': hmac(body) }],
      ['paddle', { 'Paddle-Signature': `ts=${now};h1=${hmac(`${now}:${body}`)}` }],
      ['typeform', { 'Typeform-Signature': `sha256=${hmac(body, 'base64')}` }],
      ['intercom', { 'X-Hub-Signature': `sha1=${hmac(body, 'hex', 'sha1')}` }],
      ['clerk', svix],
      ['svix', svix],
      ['resend', svix],
    ])('%s takes what its sender signs and nothing else', async (template, headers) => {
      const isStandard = headers === svix;
      const verification_secret = isStandard ? `whsec_${Buffer.from(SECRET).toString('base64')}` : SECRET;
      const source = await api.source({ template, verification_enabled: true, verification_secret });
      expect(await eventOf(await send(source, body, headers))).toMatchObject({ verification_status: 'verified' });
      expect((await send(source, `${body} `, headers)).status).toBe(401);
      expect((await send(source, body)).status).toBe(401);
      expect(await eventsOf(source)).toHaveLength(1);
    });

    it('takes Ed25519 signatures under a public key, whatever the case of the headers', async () => {
      const secret = newSigningSecret('ed25519');
      const { publicKey, sign } = readSigningSecret(secret)!;
      const fields = { verification_enabled: true, verification_type: 'standard_webhooks' };
      const source = await api.source({ ...fields, verification_secret: publicKey });
      const headers = {
        'WEBHOOK-ID': 'msg_1',
        'Webhook-Timestamp': `${now}`,
        'webhook-Signature': sign('msg_1', String(now), Buffer.from(body)),
      };
      expect(await eventOf(await send(source, body, headers))).toMatchObject({ verification_status: 'verified' });
      expect((await send(source, `${body} `, headers)).status).toBe(401);
      expectError(
        await api.call('patch', `/sources/${source.id}`, { verification_secret: secret }),
        400,
        "Invalid body: 'verification_secret' is not a secret for standard_webhooks",
        [{ field: 'verification_secret', message: 'is not a secret for standard_webhooks' }],
      );
    });

    it('takes a format of its own, as an object or as JSON', async () => {
      const format = { signed_payload: '{body}!{timestamp}', timestamp_header: 'X-At', tolerance_seconds: 1000 };
      for (const verification_config of [format, JSON.stringify(format)]) {
        const source = await api.source({
          verification_enabled: 1,
          verification_type: 'hmac-sha256',
          verification_header: 'X-Sign',
          verification_secret: SECRET,
          verification_config,
        });
        expect(JSON.parse(String(source.verification_config))).toEqual(format);
        const at = String(now - 900);
        const headers = { 'X-At': at, 'X-Sign': hmac(`${body}!${at}`) };
        expect((await send(source, body, headers)).status).toBe(200);
        expect((await send(source, body, { ...headers, 'X-At': String(now) })).status).toBe(401);
      }
    });
  });

  describe('duplicates', () => {
    const byBody = { dedup_enabled: true, dedup_strategy: 'payload_hash' };

    it('are stored, answered 200 and not routed', async () => {
      const source = await api.source(byBody);
      const [first, second, other] = [
        await eventOf(await send(source, { a: 1 })),
        await eventOf(await send(source, { a: 1 })),
        await eventOf(await send(source, { a: 2 })),
      ];
      expect([first, second, other].map(({ dedup_status }) => dedup_status)).toEqual(['unique', 'duplicate', 'unique']);
      expect(first?.dedup_hash).toBe(second?.dedup_hash);
      expect(first?.dedup_hash).not.toBe(other?.dedup_hash);
      const unrouted = await hookstream.database.query<{ event_id: string }>(
        `select replace(event_id::text, '-', '') as event_id from unrouted_events where source_id = $1 order by 1`,
        [source.id],
      );
      expect(unrouted.map(({ event_id }) => event_id)).toEqual([first?.id, other?.id]);
    });

    it.each([
      [{ dedup_strategy: 'header_field', dedup_field: 'X-Delivery' }, { a: 1 }, { a: 2 }],
      [{ dedup_strategy: 'body_field', dedup_field: '$.data.id' }, { data: { id: 7 } }, { data: { id: 7 }, n: 1 }],
    ])('are told by %j', async (fields, first, second) => {
      const source = await api.source({ dedup_enabled: true, ...fields });
      const headers = { 'X-Delivery': 'one' };
      await send(source, first, headers);
      await send(source, second, headers);
      await send(source, '[]', { 'X-Delivery': 'two' });
      await send(source, '[]');
      const statuses = (await eventsOf(source)).map(({ dedup_status }) => dedup_status);
      expect(statuses).toEqual(['unique', 'unique', 'duplicate', 'unique']);
    });

    it('are one of many that come at the same moment, to any api', async () => {
      const source = await api.source(byBody);
      const second = await hookstream.startApi();
      const urls = Array.from({ length: 40 }, (_, index) => (index % 2 ? hookstream.url : second.url));
      const answers = await Promise.all(
        urls.map((url) => fetch(`${url}/v1/ingest/${source.id}`, { method: 'POST', body: 'the same' })),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const [row] = await hookstream.database.query(
        `select count(*)::int as all, count(*) filter (where dedup_status = 'unique')::int as new from events where source_id = $1`,
        [source.id],
      );
      expect(row).toEqual({ all: 40, new: 1 });
    });

    it('are of one source, within its window', async () => {
      const sources = [await api.source({ ...byBody, dedup_window_seconds: 1 }), await api.source(byBody)];
      for (const source of sources) {
        expect(await eventOf(await send(source, 'null'))).toMatchObject({ dedup_status: 'unique' });
      }
      const redis = new Redis(hookstream.redisUrl);
      const keys = await redis.keys('hookstream:dedup:*');
      const left = await Promise.all(keys.map((key) => redis.pttl(key)));
      redis.disconnect();
      expect(Math.max(...left)).toBeGreaterThan(290_000);
      const statuses = await eventually(async () => {
        await send(sources[0] as View, 'null');
        const events = await eventsOf(sources[0] as View);
        expect(events[0]).toMatchObject({ dedup_status: 'unique' });
        return events.map(({ dedup_status }) => dedup_status);
      });
      expect(statuses).toContain('duplicate');
    });

    it('are not what comes again after it could not be stored', async () => {
      const source = await api.source(byBody);
      await hookstream.database.query('alter table events rename to events_away');
      try {
        expect((await send(source, { a: 1 })).status).toBe(503);
      } finally {
        await hookstream.database.query('alter table events_away rename to events');
      }
      expect(await eventOf(await send(source, { a: 1 }))).toMatchObject({ dedup_status: 'unique' });
      expect(await eventOf(await send(source, { a: 1 }))).toMatchObject({ dedup_status: 'duplicate' });
    });

    it('are not told from new ones while another claim stays open: nothing is lost', async () => {
      const source = await api.source(byBody);
      const { dedup_hash } = await eventOf(await send(source, { a: 1 }));
      const redis = new Redis(hookstream.redisUrl);
      await redis.set(
        `hookstream:dedup:${source.id}:${String(dedup_hash)}`,
        'pending:of-an-api-that-died',
        'PX',
        10_000,
      );
      redis.disconnect();
      expect(await eventOf(await send(source, { a: 1 }))).toMatchObject({ dedup_status: 'unique' });
    });
  });

  describe('a schema', () => {
    const json_schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      required: ['id'],
      properties: { id: { type: 'string', pattern: '^ord_' }, total: { type: 'number' } },
    };
    const enabled = { schema_validation_enabled: true, json_schema };

    it('refuses what does not fit and stores nothing of it', async () => {
      const source = await api.source(enabled);
      const response = await send(source, { id: 'x', total: '1' });
      expect({ status: response.status, body: response.body }).toEqual({
        status: 422,
        body: {
          error: 'The webhook does not fit the schema of its source',
          status: 422,
          request_id: expect.stringMatching(/^req_[0-9a-f]{12}$/),
          validation_errors: [
            { path: '/id', keyword: 'pattern', message: 'must match pattern "^ord_"' },
            { path: '/total', keyword: 'type', message: 'must be number' },
          ],
        },
      });
      for (const body of ['', 'text', '[]']) expect((await send(source, body)).status).toBe(422);
      expect(await eventsOf(source)).toEqual([]);
      expect(await eventOf(await send(source, { id: 'ord_1' }))).toMatchObject({ verification_status: 'skipped' });
    });

    it('marks what does not fit when it only warns', async () => {
      const source = await api.source({ ...enabled, json_schema: JSON.stringify(json_schema), schema_action: 'warn' });
      expect(await eventOf(await send(source, '{"total":"\\u0000"}'))).toMatchObject({
        verification_status: 'schema_invalid',
        verification_error: "must have required property 'id'; /total must be number",
      });
      expect(await eventOf(await send(source, 'a\0b'))).toMatchObject({ verification_error: 'must be JSON' });
    });

    it('is checked after the signature and before duplicates', async () => {
      const source = await api.source({
        ...enabled,
        template: 'github',
        verification_enabled: true,
        verification_secret: SECRET,
        dedup_enabled: true,
        dedup_strategy: 'header_field',
        dedup_field: 'X-Delivery',
      });
      const signed = (body: string) => ({
        'X-Hub-Signature-256': createHmac('sha256', SECRET).update(body).digest('hex'),
        'X-Delivery': '1',
      });
      expect((await send(source, '{}')).status).toBe(401);
      expect((await send(source, '{}', signed('{}'))).status).toBe(422);
      const good = '{"id":"ord_1"}';
      for (const dedup_status of ['unique', 'duplicate']) {
        expect(await eventOf(await send(source, good, signed(good)))).toMatchObject({ dedup_status });
      }
    });

    it('that changes is used at once', async () => {
      const source = await api.source(enabled);
      expect((await send(source, {})).status).toBe(422);
      await api.call('patch', `/sources/${source.id}`, { json_schema: { type: 'object' } });
      expect(await api.read(`/sources/${source.id}`)).toMatchObject({ json_schema: '{"type":"object"}' });
      expect((await send(source, {})).status).toBe(200);
      expect((await send(source, 'null')).status).toBe(422);
    });
  });

  it.each<[field: string, message: string, fields: object]>([
    ['dedup_strategy', 'is needed when dedup_enabled is true', { dedup_enabled: true }],
    ['dedup_field', 'is needed when dedup_strategy is header_field', { dedup_strategy: 'header_field' }],
    ['dedup_field', 'must be a header name', { dedup_strategy: 'header_field', dedup_field: 'a b' }],
    ['dedup_window_seconds', 'must not be less than 1', { dedup_window_seconds: 0 }],
    ['json_schema', 'is needed when schema_validation_enabled is true', { schema_validation_enabled: true }],
    ['json_schema', 'must be an object', { json_schema: '[]' }],
    [
      'json_schema',
      'is not a valid JSON Schema: the pattern "(?=a)" must be a pattern RE2 accepts: invalid or unsupported Perl syntax: `(?=`',
      { json_schema: { pattern: '(?=a)' } },
    ],
    ['schema_action', 'must be one of the following values: reject, warn', { schema_action: 'drop' }],
    ['verification_config', 'must be an object', { verification_config: 'text' }],
    ['verification_config.bogus', 'is not a known field', { verification_config: { bogus: 1 } }],
    ['type', 'must be one of the following values: http, websocket', { type: 'smtp' }],
    ['request_limits', 'is not a known field', { request_limits: 1 }],
  ])('%s %s: %j', async (field, message, fields) => {
    const response = await api.call('post', '/sources', { name: 'n', slug: api.slug(), ...fields });
    expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });
});
