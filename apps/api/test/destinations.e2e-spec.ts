import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { newId } from '#libs/crypto';
import { type Hookstream, startApi } from '#libs/testing';
import { aTime, Client, expectError, NOBODY, type View } from './client.js';

const SECRET = 'super-secret-value-1234';
const MASKED = '****1234';
const SERVICE_ACCOUNT = JSON.stringify({ client_email: 'a@b.c', private_key: 'k', end: '1234' });
const AWS = { region: 'eu-central-1', access_key_id: 'AKIA', secret_access_key: SECRET };

/** A complete `provider_config` of each type, and its secret. */
const CONFIGS: [type: string, config: Record<string, string>, secret: string | undefined][] = [
  [
    'sqs',
    { queue_url: 'https://sqs.eu-central-1.amazonaws.com/1/q.fifo', ...AWS, message_group_id: 'g' },
    'secret_access_key',
  ],
  ['s3', { bucket: 'my-bucket', ...AWS, prefix: 'a/', format: 'raw' }, 'secret_access_key'],
  ['eventbridge', { event_bus_arn: 'default', ...AWS, source: 's', detail_type: 'd' }, 'secret_access_key'],
  [
    'pubsub',
    { project_id: 'my-project', topic_id: 'topic', service_account_json: SERVICE_ACCOUNT },
    'service_account_json',
  ],
  [
    'kafka',
    { bootstrap_servers: 'pkc.example.com:9092', cluster_id: 'lkc-1', topic: 't', api_key: 'k', api_secret: SECRET },
    'api_secret',
  ],
  [
    'rabbitmq',
    {
      ...{ url: 'https://rabbit.example.com:15672', vhost: '/', exchange: 'e', routing_key: 'r' },
      ...{ username: 'u', password: SECRET },
    },
    'password',
  ],
  ['websocket', { channel_name: 'orders' }, undefined],
];

describe('Destinations', () => {
  let hookstream: Hookstream;
  let api: Client;
  let redis: Redis;

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
    redis = new Redis(hookstream.redisUrl);
  });
  afterAll(async () => {
    redis.disconnect();
    await hookstream.stop();
  });

  const make = (type: string, provider_config: object) => api.destination({ url: undefined, type, provider_config });
  const configOf = (view: View) => JSON.parse(String(view.provider_config)) as Record<string, string>;
  /** What the database has of a destination's secrets, opened by nobody. */
  const stored = async ({ id }: View) => {
    const [row] = await hookstream.database.query(
      'select provider_config, signing_config from destinations where id = $1',
      [id],
    );
    return row as { provider_config: string | null; signing_config: string | null };
  };

  describe.each(CONFIGS)('of type %s', (type, config, secret) => {
    const shown = secret ? { ...config, [secret]: `****${config[secret]?.slice(-4)}` } : config;

    it('seal their settings and show them without the secret', async () => {
      const view = await make(type, config);
      expect(view).toMatchObject({ type, url: '', auth_type: 'none' });
      expect(configOf(view)).toEqual(shown);
      expect((await stored(view)).provider_config).toMatch(/^v1\.test\.[\w-]+$/);
      expect(await api.list(`/destinations?type=${type}`)).toMatchObject([{ id: view.id }]);
    });

    it('take settings as text and as `config`, and come back as they are', async () => {
      const [fromText, fromAlias] = await Promise.all([
        make(type, JSON.stringify(config) as unknown as object),
        api.destination({ url: undefined, type, config }),
      ]);
      expect(configOf(fromText)).toEqual(configOf(fromAlias));
      const before = await api.read(`/destinations/${fromText.id}`);
      const { status, body } = await api.call('patch', `/destinations/${before.id}`, before);
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { destination: { provider_config: before.provider_config } },
      });
    });

    it('name each field that is missing, unknown or not text', async () => {
      const required = Object.keys(config).filter(
        (name) => !['message_group_id', 'prefix', 'format', 'vhost'].includes(name),
      );
      for (const name of required) {
        for (const value of [undefined, null, '']) {
          const field = `provider_config.${name}`;
          const body = { name: 'n', slug: api.slug(), type, provider_config: { ...config, [name]: value } };
          const message = `is needed when type is ${type}`;
          expectError(await api.call('post', '/destinations', body), 400, `Invalid body: '${field}' ${message}`, [
            { field, message },
          ]);
        }
      }
      for (const [name, value, message] of [
        ['bogus', 'x', `is not known when type is ${type}`],
        [Object.keys(config)[0], 5, 'must be text'],
      ] as const) {
        const body = { name: 'n', slug: api.slug(), type, provider_config: { ...config, [String(name)]: value } };
        const field = `provider_config.${name}`;
        expectError(await api.call('post', '/destinations', body), 400, `Invalid body: '${field}' ${message}`, [
          { field, message },
        ]);
      }
      const absent = await api.call('post', '/destinations', { name: 'n', slug: api.slug(), type });
      expect(absent).toMatchObject({ status: 400, body: { details: [{ field: `provider_config.${required[0]}` }] } });
    });
  });

  it.each([
    ['aws_sqs', 'sqs', CONFIGS[0]],
    ['aws_s3', 's3', CONFIGS[1]],
    ['aws_eventbridge', 'eventbridge', CONFIGS[2]],
    ['gcp_pubsub', 'pubsub', CONFIGS[3]],
  ])('takes %s for %s', async (alias, type, example) => {
    const view = await make(alias, example?.[1] ?? {});
    expect(view.type).toBe(type);
    expect((await api.list(`/destinations?type=${alias}`)).map(({ id }) => id)).toContain(view.id);
    expect((await api.call('patch', `/destinations/${view.id}`, { type: alias, name: 'n' })).status).toBe(200);
  });

  it('takes an empty object alone for no change', async () => {
    for (const destination of [await make('sqs', CONFIGS[0]?.[1] ?? {}), await api.destination()]) {
      for (const name of ['provider_config', 'config']) {
        const { status, body } = await api.call('patch', `/destinations/${destination.id}`, { [name]: {} });
        expect({ status, body: body as object }).toEqual({
          status: 200,
          body: { destination: { ...destination, updated_at: aTime } },
        });
      }
    }
  });

  it('keeps a secret whose mask comes back beside changes, and takes a new one', async () => {
    const view = await make('kafka', CONFIGS[4]?.[1] ?? {});
    const sealed = await stored(view);
    const changed = { ...configOf(view), topic: 'other' };
    const { body } = await api.call('patch', `/destinations/${view.id}`, { provider_config: changed });
    expect(configOf(body.destination)).toEqual({ ...changed, api_secret: MASKED });
    expect((await stored(view)).provider_config).not.toBe(sealed.provider_config);
    const renewed = { ...changed, api_secret: 'another-secret-5678' };
    const again = await api.call('patch', `/destinations/${view.id}`, { config: renewed });
    expect(configOf(again.body.destination).api_secret).toBe('****5678');
    const stale = await api.call('patch', `/destinations/${view.id}`, { provider_config: changed });
    const message = 'is masked: send the secret itself';
    const field = 'provider_config.api_secret';
    expectError(stale, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });

  it('takes a service account as the object it is', async () => {
    const view = await make('pubsub', {
      ...CONFIGS[3]?.[1],
      service_account_json: JSON.parse(SERVICE_ACCOUNT) as object,
    });
    expect(configOf(view).service_account_json).toMatch(/^\*{4}/);
  });

  it.each<[field: string, message: string, fields: object]>([
    ['url', 'is used by destinations of type http only', { type: 'websocket', config: { channel_name: 'a' } }],
    [
      'provider_config.queue_url',
      'must not point to a loopback, private or reserved address',
      { url: undefined, type: 'sqs', config: { ...CONFIGS[0]?.[1], queue_url: 'http://169.254.169.254/' } },
    ],
    ['config', 'cannot stand beside provider_config', { config: { a: 'b' }, provider_config: { a: 'b' } }],
    ['provider_config', 'must be an object', { provider_config: 'text' }],
    ['provider_config', 'is not used by destinations of type http', { provider_config: { a: 'b' } }],
    ['signing_config', 'must be an object', { signing_config: 1 }],
    ['signing_config.secret', 'is needed to sign', { signing_config: {} }],
    ['signing_config.bogus', 'is not a known field', { signing_config: { secret: SECRET, bogus: 1 } }],
    [
      'signing_config.header',
      'is set by hookstream and cannot be replaced',
      { signing_config: { secret: SECRET, header: 'X-hookstream-Event-Id' } },
    ],
  ])('refuses %s: %s', async (field, message, fields) => {
    const body = { name: 'n', slug: api.slug(), url: 'https://example.com', ...fields };
    const response = await api.call('post', '/destinations', body);
    expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });

  it('fills in how deliveries are signed, and shows it without the secret', async () => {
    const view = await api.destination({ signing_config: { secret: SECRET, algorithm: 'sha1' } });
    const defaults = {
      secret: MASKED,
      algorithm: 'sha1',
      header: 'X-hookstream-Signature',
      prefix: 'sha1=',
      include_timestamp: false,
      timestamp_header: 'X-hookstream-Timestamp',
    };
    expect(JSON.parse(String(view.signing_config))).toEqual(defaults);
    const sealed = await stored(view);
    expect(sealed.signing_config).toMatch(/^v1\.test\.[\w-]+$/);
    const same = await api.call('patch', `/destinations/${view.id}`, await api.read(`/destinations/${view.id}`));
    expect(JSON.parse(same.body.destination.signing_config)).toEqual(defaults);
    const cleared = await api.call('patch', `/destinations/${view.id}`, { signing_config: null });
    expect(cleared.body.destination.signing_config).toBeNull();
  });

  it('lists templates, each of which makes a destination once it is filled in', async () => {
    const templates = await api.list('/destinations/templates');
    expect(templates.slice(0, 2)).toEqual([
      {
        id: 'slack',
        name: 'Slack',
        type: 'http',
        description: 'Send webhook events to a Slack channel via Incoming Webhook URL.',
        config_template: { url: '' },
      },
      {
        id: 'discord',
        name: 'Discord',
        type: 'http',
        description: 'Post webhook events to a Discord channel webhook.',
        config_template: { url: '' },
      },
    ]);
    const ids = ['pagerduty', 'microsoft_teams', 'zapier', 'datadog', 'linear'];
    expect(templates.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    for (const { type, config_template } of templates) {
      const text = JSON.stringify(config_template);
      const filled = text.replace('"url":""', '"url":"https://example.com"').replace('"value":""', '"value":"v"');
      await api.destination({ type, ...(JSON.parse(filled) as object) });
    }
  });

  describe('circuit', () => {
    const circuit = (id: string) => api.call('get', `/destinations/dst_${id}/circuit`);
    const insertDeliveries = (id: string, state: string, count: number) =>
      hookstream.database.query(
        `insert into deliveries (id, environment_id, event_id, connection_id, destination_id, source_id, seq, payload_bytes,
           state, next_retry_at, admitted_at)
         select delivery, $1, delivery, $1, $2, $1, 1, 2, $3, now() + interval '1 hour', now() from unnest($4::uuid[]) delivery`,
        [hookstream.tenant.environmentId, id, state, Array.from({ length: count }, () => newId())],
      );

    it('is closed at first', async () => {
      const { id } = await api.destination();
      expect((await circuit(id)).body).toEqual({
        destination_id: id,
        state: 'closed',
        failure_count: 0,
        last_failure_at: null,
        opened_at: null,
        circuit: { circuit_state: 'closed', failure_count: 0, opened_at: null, pending_retries: 0 },
      });
    });

    it('shows what the breaker keeps, and closes when it is told to', async () => {
      const { id } = await api.destination();
      const [c, open, probe] = [`{d:${id}}:c`, `{d:${id}}:open`, `{d:${id}}:probe`];
      await redis.hset(c, { state: 'closed', failures: 3, last_failure_at: 1_767_225_600_000 });
      await insertDeliveries(id, 'retrying', 2);
      await insertDeliveries(id, 'waiting', 1);
      expect((await circuit(id)).body).toMatchObject({
        state: 'closed',
        failure_count: 3,
        last_failure_at: '2026-01-01T00:00:00.000Z',
        circuit: { pending_retries: 2 },
      });
      await redis.hset(c, { state: 'open', failures: 5, opened_at: 1_767_225_601_000 });
      await redis.set(open, 1, 'PX', 60_000);
      const opened = { failure_count: 5, opened_at: '2026-01-01T00:00:01.000Z' };
      expect((await circuit(id)).body).toMatchObject({
        ...opened,
        state: 'open',
        circuit: { ...opened, circuit_state: 'open', pending_retries: 2 },
      });
      await redis.del(open);
      expect((await circuit(id)).body).toMatchObject({ ...opened, state: 'half_open' });
      await redis.set(open, 1);
      await redis.set(probe, 'a delivery');
      const { status, body } = await api.call('post', `/destinations/${id}/circuit/reset`);
      expect(status).toBe(200);
      expect(body).toEqual({
        destination_id: id,
        state: 'closed',
        failure_count: 0,
        last_failure_at: null,
        opened_at: null,
        circuit: { circuit_state: 'closed', failure_count: 0, opened_at: null, pending_retries: 2 },
      });
      expect(await redis.exists(c, open, probe)).toBe(0);
    });

    it('is nobody else’s business', async () => {
      const { id } = await api.destination();
      for (const [method, path] of [['get', 'circuit'] as const, ['post', 'circuit/reset'] as const]) {
        const key = hookstream.secondTenantKey;
        const response = await api.call(method, `/destinations/${id}/${path}`, undefined, key);
        expectError(response, 404, 'Destination not found');
        expectError(await api.call(method, `/destinations/${NOBODY}/${path}`), 404, 'Destination not found');
      }
    });

    it('does not keep a destination with thousands of pending deliveries from being deleted at once', async () => {
      const { id } = await api.destination();
      for (const state of ['waiting', 'queued', 'retrying', 'delivered']) await insertDeliveries(id, state, 3_300);
      const startedAt = performance.now();
      expect((await api.call('delete', `/destinations/${id}`)).status).toBe(200);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      const rows = await hookstream.database.query(
        'select state, cause, count(*)::int from deliveries where destination_id = $1 group by 1, 2 order by 1',
        [id],
      );
      expect(rows).toEqual([
        { state: 'cancelled', cause: 'destination_deleted', count: 9_900 },
        { state: 'delivered', cause: null, count: 3_300 },
      ]);
    });
  });
});
