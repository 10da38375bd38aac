import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { newId } from '#libs/crypto';
import { PROVIDER_FIELDS } from '#libs/destinations';
import { type Hookstream, startApi } from '#libs/testing';
import { SELF_SIGNED } from '../../../libs/http-client/test/self-signed-certificate.js';
import { aTime, Client, expectError, NOBODY, type View } from './client.js';

const SECRET = 'super-secret-value-1234';
const MASKED = '****1234';
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const SERVICE_ACCOUNT = JSON.stringify({ client_email: 'a@b.c', private_key: privateKey, end: '1234' });
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

interface ConfigSchema {
  title: string;
  required?: string[];
  properties: Record<string, object>;
}

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
      const required = Object.keys(config).filter((name) => !['prefix', 'format', 'vhost'].includes(name));
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
    ['provider_config.a', 'is not known when type is http', { provider_config: { a: 'b' } }],
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

  it.each<[type: string, changes: object, field: string, message: string]>([
    ['http', { tls_ca: 'x' }, 'tls_ca', 'must be a certificate in PEM'],
    ['http', { tls_key: SELF_SIGNED.key }, 'tls_cert', 'is needed when type is http'],
    ['http', { tls_cert: SELF_SIGNED.cert }, 'tls_key', 'is needed when type is http'],
    ['http', { tls_cert: SELF_SIGNED.cert, tls_key: privateKey }, 'tls_key', 'must be the key of tls_cert'],
    ['sqs', { endpoint: 'http://10.0.0.1' }, 'endpoint', 'must not point to a loopback, private or reserved address'],
    ['sqs', { message_group_id: null }, 'message_group_id', 'is needed when type is sqs'],
    ['sqs', { region: 'eu.evil.example/' }, 'region', 'must be an AWS region such as eu-central-1'],
    [
      'sqs',
      { credentials: 'default' },
      'credentials',
      'cannot be default: the operator does not share the credentials of this installation',
    ],
    ['s3', { format: 'xml' }, 'format', 'must be json or raw'],
    ['websocket', { channel_name: 'a:b' }, 'channel_name', 'must be letters, digits, dots, dashes and underscores'],
    ['websocket', { channel_name: 'events' }, 'channel_name', 'must be another name: this one is reserved'],
    ['websocket', { mode: 'ack' }, 'mode', 'must be fire_and_forget or acknowledge'],
    ['s3', { prefix: 'a/../b' }, 'prefix', 'must not have . or .. in its path'],
    [
      's3',
      { key_template: '{prefix}{YYYY}' },
      'key_template',
      'must have {event_id} in it, or events would overwrite each other',
    ],
    [
      's3',
      { key_template: '{event_id}{bogus}' },
      'key_template',
      'has no placeholder {bogus}: there are {prefix}, {YYYY}, {MM}, {DD}, {HH}, {source_id}, {event_id}',
    ],
    ['eventbridge', { source: 'aws.s3' }, 'source', 'must be at most 256 characters and not start with aws.'],
    [
      'pubsub',
      { service_account_json: '{}' },
      'service_account_json',
      'must be JSON with client_email and private_key',
    ],
    [
      'pubsub',
      { service_account_json: { client_email: 'a', private_key: 'k' } },
      'service_account_json',
      'must have a private_key in PEM',
    ],
    [
      'pubsub',
      { service_account_json: { client_email: 'a', private_key: privateKey, token_uri: 'http://169.254.169.254/' } },
      'service_account_json',
      'must have a token_uri that may be called',
    ],
    ['kafka', { api_version: 'v1' }, 'api_version', 'must be v3 or v2'],
    ['kafka', { key: 'a..b' }, 'key', 'must be names separated by dots'],
    ['rabbitmq', { url: 'ftp://example.com' }, 'url', 'must start with https://, http://, amqps:// or amqp://'],
    ['rabbitmq', { url: 'amqp://u:p@example.com' }, 'url', 'must not contain a user name or password'],
    ['rabbitmq', { url: 'amqp://0x0a000001:5672' }, 'url', 'must not point to a loopback, private or reserved address'],
    ['rabbitmq', { url: 'amqps://[::1]' }, 'url', 'must not point to a loopback, private or reserved address'],
    ['rabbitmq', { url: 'amqp://example.com/vhost' }, 'url', 'must not have a path: the virtual host is in vhost'],
  ])('checks the settings of %s: %j', async (type, changes, field, message) => {
    const config = { ...CONFIGS.find(([known]) => known === type)?.[1], ...changes };
    const url = type === 'http' ? { url: 'https://example.com' } : {};
    const body = { name: 'n', slug: api.slug(), type, provider_config: config, ...url };
    const path = `provider_config.${field}`;
    expectError(await api.call('post', '/destinations', body), 400, `Invalid body: '${path}' ${message}`, [
      { field: path, message },
    ]);
  });

  it('take what only some of them need', async () => {
    const config = { endpoint: 'https://emulator.example.com', project_id: 'my-project', topic_id: 'topic' };
    expect(configOf(await make('pubsub', config))).toEqual(config);
    const v2 = { endpoint: 'https://kafka.example.com/', topic: 't', api_version: 'v2' };
    expect(configOf(await make('kafka', v2))).toEqual(v2);
    const broker = { ...CONFIGS.find(([type]) => type === 'rabbitmq')?.[1], url: 'amqps://rabbit.example.com' };
    expect(configOf(await make('rabbitmq', broker))).toMatchObject({ url: 'amqps://rabbit.example.com' });
    const { key: tls_key, cert: tls_cert } = SELF_SIGNED;
    const http = await api.destination({ provider_config: { tls_ca: tls_cert, tls_cert, tls_key } });
    expect(configOf(http)).toEqual({ tls_ca: tls_cert, tls_cert, tls_key: expect.stringMatching(/^\*{4}.{4}$/s) });
  });

  it('authenticate with an HMAC of the body', async () => {
    const auth = { auth_type: 'hmac', auth_config: { secret: SECRET, header: 'X-Sign' } };
    const view = await api.destination(auth);
    expect(JSON.parse(String(view.auth_config))).toEqual({ secret: MASKED, header: 'X-Sign' });
    for (const [auth_config, field] of [
      [{}, 'auth_config.secret'],
      [{ secret: SECRET, algorithm: 'md5' }, 'auth_config.algorithm'],
      [{ secret: SECRET, header: 'Host' }, 'auth_config.header'],
      [{ secret: SECRET, bogus: '1' }, 'auth_config.bogus'],
    ] as const) {
      const body = { name: 'n', slug: api.slug(), url: 'https://example.com', auth_type: 'hmac', auth_config };
      expect(await api.call('post', '/destinations', body)).toMatchObject({
        status: 400,
        body: { details: [{ field }] },
      });
    }
  });

  it('can be made as docs/destinations.md shows them', async () => {
    const examples = [...readFileSync('docs/destinations.md', 'utf8').matchAll(/```json\n(.*?)```/gs)];
    const bodies = examples.map(([, json = '']) => JSON.parse(json) as { type: string });
    expect(bodies.map(({ type }) => type).sort()).toEqual(['http', ...CONFIGS.map(([type]) => type)].sort());
    for (const body of bodies) expect(await api.call('post', '/destinations', body)).toMatchObject({ status: 201 });
  });

  it('have every field of every type in docs/destinations.md', () => {
    const text = readFileSync('docs/destinations.md', 'utf8');
    for (const fields of Object.values(PROVIDER_FIELDS)) {
      for (const { name } of fields) expect(text).toContain(`\`${name}\``);
    }
  });

  it('describe their settings by type', async () => {
    const response = await fetch(`${hookstream.url}/openapi.json`);
    const { components } = (await response.json()) as {
      components: { schemas: Record<string, { properties: Record<string, { oneOf: ConfigSchema[] }> }> };
    };
    const oneOf = components.schemas.CreateDestinationDto?.properties.provider_config?.oneOf ?? [];
    expect(oneOf.map(({ title }) => title)).toEqual(['http', ...CONFIGS.map(([type]) => type)]);
    expect(oneOf[1]?.required).toEqual(['queue_url', 'region']);
    expect(oneOf[1]?.properties.secret_access_key).toMatchObject({ type: 'string', format: 'password' });
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
  });
});
