import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type Hookstream, startApi } from '#libs/testing';
import { Cli } from './cli.js';
import { NOBODY, type View } from './client.js';

describe('Destinations in @hookstream/cli', () => {
  let hookstream: Hookstream;
  let redis: Redis;
  let cli: Cli;

  beforeAll(async () => {
    hookstream = await startApi();
    redis = new Redis(hookstream.redisUrl);
    cli = new Cli(hookstream.url);
    await cli.answer(`${hookstream.apiKey}\n`, 'login', '--interactive');
  });
  afterAll(async () => {
    cli.remove();
    redis.disconnect();
    await hookstream.stop();
  });

  describe('of a type other than http', () => {
    const aws = { region: 'eu-central-1', access_key_id: 'AKIAEXAMPLE', secret_access_key: 'a-long-secret-key' };
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const account = { client_email: 'a@example.com', private_key: privateKey, project_id: 'shop' };
    const configs = {
      aws_sqs: { queue_url: 'https://sqs.eu-central-1.amazonaws.com/1/orders', ...aws },
      aws_s3: { bucket: 'orders', ...aws },
      aws_eventbridge: { event_bus_arn: 'default', source: 'shop', detail_type: 'order', ...aws },
      gcp_pubsub: { project_id: 'shop', topic_id: 'orders', service_account_json: JSON.stringify(account) },
      kafka: {
        bootstrap_servers: 'example.com',
        cluster_id: 'c',
        topic: 'orders',
        api_key: 'k',
        api_secret: 'long-secret',
      },
      rabbitmq: {
        url: 'https://example.com:15672',
        exchange: 'e',
        routing_key: 'r',
        username: 'u',
        password: 'long-secret',
      },
      websocket: { channel_name: 'orders' },
    };

    it.each(Object.entries(configs))('%s are created, shown and deleted', async (type, config) => {
      const shownType = type.replace(/^(aws|gcp)_/, '');
      const create = [
        'destinations',
        'create',
        `My ${type}`,
        '--type',
        type,
        '--provider-config',
        JSON.stringify(config),
      ];
      const created = await cli.json<View>(...create);
      expect(created).toMatchObject({
        name: `My ${type}`,
        type: shownType,
        url: '',
        timeout_ms: 30_000,
        status: 'active',
      });
      const masked = JSON.parse(String(created.provider_config)) as object;
      expect(Object.keys(masked)).toEqual(Object.keys(config));
      expect(JSON.stringify(masked)).not.toMatch(/long-secret|BEGIN PRIVATE KEY/);
      expect(await cli.run(...create, '--slug', 'other')).toMatch(
        new RegExp(`Destination created: My ${type}\\n[^]*Type +${shownType}\\n *URL *\\n *Timeout +30000ms`),
      );
      const listed = await cli.json<View[]>('destinations', 'list', '--type', type);
      expect(listed).toMatchObject([{ slug: 'other' }, created]);
      expect(await cli.run('destinations', 'list', '--type', type)).toMatch(
        new RegExp(`My ${type} +${shownType} +POST +active +0 +—`),
      );
      expect(await cli.json('destinations', 'get', created.id)).toEqual({ ...created, delivery_count: 0 });
      expect(await cli.run('destinations', 'get', created.id)).toMatch(new RegExp(`Type +${shownType}\\n *Slug +my-`));
      for (const { id } of listed) await cli.run('destinations', 'delete', id, '--force');
    });

    it('are refused with the name of the field that is missing', async () => {
      const create = ['destinations', 'create', 'Queue', '--type', 'aws_sqs', '--provider-config'];
      const complaint = await cli.fail(...create, JSON.stringify({ ...configs.aws_sqs, queue_url: undefined }));
      expect(complaint).toBe("Error: Invalid body: 'provider_config.queue_url' is needed when type is sqs\n");
    });
  });

  it('show their circuit and reset it', async () => {
    const { id } = await cli.json<View>('destinations', 'create', 'Mine', '--url', 'https://example.com');
    const closed = { circuit_state: 'closed', failure_count: 0, opened_at: null, pending_retries: 0 };
    expect(await cli.json('destinations', 'circuit', id)).toEqual(closed);
    expect(await cli.run('destinations', 'circuit', id)).toMatch(
      /State +closed\n *Failure count +0\n *Opened at +—\n *Pending retries +0/,
    );

    const openedAt = new Date();
    const open = async () => {
      await redis.hset(`{d:${id}}:c`, { state: 'open', failures: 5, opened_at: openedAt.getTime() });
      await redis.set(`{d:${id}}:open`, 1);
    };
    await open();
    const opened = { circuit_state: 'open', failure_count: 5, opened_at: openedAt.toISOString() };
    expect(await cli.json('destinations', 'circuit', id)).toEqual({ ...opened, pending_retries: 0 });
    expect(await cli.run('destinations', 'circuit', id)).toMatch(
      new RegExp(`State +open\\n *Failure count +5\\n *Opened at +${opened.opened_at}\\n *Pending retries +0`),
    );

    expect(await cli.json('destinations', 'circuit-reset', id)).toEqual(closed);
    await open();
    expect(await cli.run('destinations', 'circuit-reset', id)).toContain(`Circuit breaker reset for destination ${id}`);
    expect(await cli.json('destinations', 'circuit', id)).toEqual(closed);
    for (const command of ['circuit', 'circuit-reset']) {
      expect(await cli.fail('destinations', command, NOBODY)).toBe('Error: Destination not found\n');
    }
  });
});
