import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFauxqs } from 'fauxqs';
import {
  eventually,
  findRabbitmq,
  type Hookstream,
  type Rabbitmq,
  startHookstream,
  startRabbitmq,
} from '#libs/testing';

const AWS = { region: 'eu-central-1', access_key_id: 'AKIATEST', secret_access_key: 'a-secret-access-key-1234' };
const BODY = '{ "amount": 1.0, "name": "ü" }';

/** From the sender's POST to the queue, through both apps. */
describe('Events', () => {
  let hookstream: Hookstream;
  let slugs = 0;

  beforeAll(async () => {
    hookstream = await startHookstream();
  });
  afterAll(() => hookstream.stop());

  const make = async (resource: string, fields: object) => {
    const body = { name: 'test', ...fields };
    const made = await hookstream.call<Record<string, { id: string }>>('POST', `/v1/${resource}`, body);
    return Object.values(made)[0]!.id;
  };

  /** A source whose events go to a destination of these settings. */
  async function connect(destination: object) {
    const slug = `p${++slugs}`;
    const source_id = await make('sources', { slug });
    const destination_id = await make('destinations', { slug, ...destination });
    await make('connections', { source_id, destination_id });
    const ingest = async (body = BODY) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${hookstream.url}/v1/ingest/${source_id}`, { method: 'POST', headers, body });
      return ((await response.json()) as { event_id: string }).event_id;
    };
    return { sourceId: source_id, destinationId: destination_id, ingest };
  }

  const attemptsOf = async (eventId: string) => {
    const path = `/v1/delivery-attempts?event_id=${eventId}`;
    return (await hookstream.call<{ delivery_attempts: object[] }>('GET', path)).delivery_attempts;
  };

  it('reach an SQS queue as they came', async () => {
    const server = await startFauxqs({ port: 0, logger: false });
    server.createQueue('orders');
    const queue_url = `http://127.0.0.1:${server.port}/000000000000/orders`;
    const { sourceId, ingest } = await connect({ type: 'sqs', provider_config: { queue_url, ...AWS } });
    const eventId = await ingest();
    const message = await eventually(() => {
      const [first] = server.inspectQueue('orders')?.messages.ready ?? [];
      expect(first).toBeDefined();
      return first;
    });
    expect(message?.body).toBe(BODY);
    expect(message?.messageAttributes).toMatchObject({
      event_id: { StringValue: eventId },
      source_id: { StringValue: sourceId },
    });
    await eventually(async () => {
      const attempts = await attemptsOf(eventId);
      expect(attempts).toMatchObject([{ status: 'success', response_status: 200, request_method: 'POST' }]);
      expect(JSON.stringify(attempts)).not.toContain(AWS.secret_access_key);
    });
    await server.stop();
  });

  it('that a queue is too small for are dead letters at once', async () => {
    const server = await startFauxqs({ port: 0, logger: false });
    server.createQueue('orders');
    const queue_url = `http://127.0.0.1:${server.port}/000000000000/orders`;
    const { ingest } = await connect({ type: 'sqs', provider_config: { queue_url, ...AWS } });
    const eventId = await ingest(`{"a":"${'x'.repeat(1024 * 1024 - 8)}"}`);
    await eventually(async () =>
      expect(await attemptsOf(eventId)).toMatchObject([{ status: 'error', cause: 'payload_too_large', is_dlq: 1 }]),
    );
    await server.stop();
  });

  const server = findRabbitmq('RabbitMQ in apps/worker/test/providers.e2e-spec.ts');
  (server ? describe : describe.skip)('to RabbitMQ', () => {
    let broker: Rabbitmq;

    beforeAll(async () => {
      broker = await startRabbitmq(server!);
      await broker.manage('PUT', '/api/queues/%2F/orders', { durable: true });
    }, 90_000);
    afterAll(() => broker.stop());

    const settings = () => ({
      url: `amqp://127.0.0.1:${broker.port}`,
      ...{ exchange: 'amq.default', routing_key: 'orders', username: 'guest', password: 'guest' },
    });
    const take = async () => {
      const wanted = { count: 10, ackmode: 'ack_requeue_false', encoding: 'auto' };
      return (await broker.manage('POST', '/api/queues/%2F/orders/get', wanted)) as {
        payload: string;
        properties: { message_id: string };
      }[];
    };
    const connections = async () =>
      ((await broker.manage('GET', '/api/connections')) as { name: string }[]).map(({ name }) => name);

    it('arrive, over one connection that goes with the settings it was made for', async () => {
      const { destinationId, ingest } = await connect({ type: 'rabbitmq', provider_config: settings() });
      const first = await ingest();
      const [message] = await eventually(async () => {
        const messages = await take();
        expect(messages).toHaveLength(1);
        return messages;
      });
      expect(message).toMatchObject({ payload: BODY, properties: { message_id: first } });
      const [connection] = await eventually(async () => {
        const names = await connections();
        expect(names).toHaveLength(1);
        return names;
      });

      // Not about the connection: it stays.
      await hookstream.call('PATCH', `/v1/destinations/${destinationId}`, { name: 'renamed' });
      await ingest();
      await eventually(async () => expect(await take()).toHaveLength(1));
      expect(await connections()).toEqual([connection]);

      // Another one.
      const changed = { provider_config: { ...settings(), url: `amqp://127.0.0.1:${broker.port}/` } };
      await hookstream.call('PATCH', `/v1/destinations/${destinationId}`, changed);
      await ingest();
      await eventually(async () => expect(await take()).toHaveLength(1));
      await eventually(async () => {
        const names = await connections();
        expect(names).toHaveLength(1);
        expect(names).not.toEqual([connection]);
      });
      for (const worker of hookstream.workers) expect(worker.log()).not.toContain('guest');

      await Promise.all(hookstream.workers.map((worker) => worker.kill('SIGTERM')));
      await eventually(async () => expect(await connections()).toEqual([]));
    }, 60_000);
  });
});
