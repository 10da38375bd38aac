import { SELF_SIGNED } from '../../http-client/test/self-signed-certificate.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type GetMessage } from 'amqplib';
import { eventually, findRabbitmq, type Rabbitmq, startRabbitmq } from '#libs/testing';
import { type Arrived, type Counterpart, describeConformance, type Failure } from './conformance/conformance.js';
import { countingProxy } from './conformance/servers.js';
import { delivery, DESTINATION_ID, type Settings, SOURCE_ID, Workbench } from './conformance/fixtures.js';

const server = findRabbitmq('libs/destinations/test/rabbitmq.spec.ts');
const [EXCHANGE, QUEUE, KEY, VHOST] = ['webhooks', 'orders', 'orders.new', 'a/b'];
const PASSWORD = 'a-long-random-secret';
const BASIC = Buffer.from(`hookstream:${PASSWORD}`).toString('base64');

/** RabbitMQ itself, as Debian ships it, with a user who may only publish. */
async function startBroker(): Promise<Rabbitmq> {
  const broker = await startRabbitmq(server!, SELF_SIGNED);
  const vhost = encodeURIComponent(VHOST);
  await broker.manage('PUT', `/api/vhosts/${vhost}`);
  await broker.manage('PUT', `/api/permissions/${vhost}/guest`, { configure: '.*', write: '.*', read: '.*' });
  await broker.manage('PUT', '/api/users/hookstream', { password: PASSWORD, tags: 'management' });
  const write = `^(${EXCHANGE}|nowhere|amq\\.default)$`;
  await broker.manage('PUT', `/api/permissions/${vhost}/hookstream`, { configure: '^$', write, read: '^$' });
  await broker.manage('PUT', `/api/exchanges/${vhost}/${EXCHANGE}`, { type: 'topic', durable: true });
  await broker.manage('PUT', `/api/exchanges/${vhost}/forbidden`, { type: 'topic', durable: true });
  await broker.manage('PUT', `/api/queues/${vhost}/${QUEUE}`, { durable: true });
  await broker.manage('POST', `/api/bindings/${vhost}/e/${EXCHANGE}/q/${QUEUE}`, { routing_key: 'orders.*' });
  return broker;
}

/** Takes messages out of the queue, over AMQP whatever they came over. */
async function startConsumer({ port }: Rabbitmq) {
  const connection = await connect({
    hostname: '127.0.0.1',
    port,
    username: 'guest',
    password: 'guest',
    vhost: encodeURIComponent(VHOST),
  });
  connection.on('error', () => undefined);
  const channel = await connection.createChannel();
  const taken: GetMessage[] = [];
  return {
    take: async () => {
      for (;;) {
        const message = await channel.get(QUEUE, { noAck: true });
        if (!message) return taken;
        taken.push(message);
      }
    },
    close: () => connection.close(),
  };
}

const arrived = ({ content, properties }: GetMessage): Arrived => ({
  eventId: String(properties.headers?.['hookstream-event-id']),
  body: content,
});

const settingsOf = (url: string, config: Record<string, string> = {}): Settings => ({
  type: 'rabbitmq',
  config: {
    ...{ url, vhost: VHOST, exchange: EXCHANGE, routing_key: KEY, username: 'hookstream', password: PASSWORD },
    ...config,
  },
});
const amqpAt = (origin: string, config?: Record<string, string>) => settingsOf(origin.replace(/^http/, 'amqp'), config);

async function counterpartOf(
  broker: Rabbitmq,
  port: number,
  settingsAt: (origin: string) => Settings,
): Promise<Counterpart> {
  const consumer = await startConsumer(broker);
  return {
    port,
    settingsAt,
    arrived: async () => (await consumer.take()).map(arrived),
    stop: () => consumer.close(),
  };
}

const changed = (config: Record<string, string>) => (counterpart: Counterpart) => {
  const settings = counterpart.settingsAt(`http://127.0.0.1:${counterpart.port}`);
  return { ...settings, config: { ...settings.config, ...config } };
};

const FAILURES: Failure[] = [
  {
    name: 'a wrong password',
    settings: changed({ password: 'wrong-password' }),
    expected: { kind: 'retryable', cause: 'auth_rejected' },
  },
  {
    name: 'no such exchange',
    settings: changed({ exchange: 'nowhere' }),
    expected: { kind: 'retryable', cause: 'not_found' },
  },
  {
    name: 'no queue bound',
    settings: changed({ routing_key: 'nobody.listens' }),
    expected: { kind: 'retryable', cause: 'unroutable' },
  },
  {
    name: 'larger than max_message_size',
    body: Buffer.alloc(4_194_305),
    expected: { kind: 'permanent', cause: 'payload_too_large' },
  },
];

const describeBroker = server ? describe : describe.skip;

describeBroker('RabbitMQ', () => {
  let broker: Rabbitmq;

  beforeAll(async () => {
    broker = await startBroker();
  }, 90_000);
  afterAll(() => broker.stop());

  describeConformance({
    name: 'rabbitmq, management API',
    start: () => counterpartOf(broker, broker.managementPort, settingsOf),
    secrets: [PASSWORD, BASIC],
    failures: [
      ...FAILURES,
      {
        // It does not tell those without access which virtual hosts there are.
        name: 'no such virtual host',
        settings: changed({ vhost: 'nowhere' }),
        expected: { kind: 'retryable', cause: 'auth_rejected' },
      },
      { name: 'a fault', answer: { status: 500 }, expected: { kind: 'retryable', cause: 'response_5xx' } },
      {
        name: 'more than it takes',
        answer: { status: 413 },
        expected: { kind: 'permanent', cause: 'payload_too_large' },
      },
    ],
  });

  describeConformance({
    name: 'rabbitmq, AMQP',
    start: () => counterpartOf(broker, broker.port, amqpAt),
    secrets: [PASSWORD, BASIC],
    http: false,
    failures: [
      ...FAILURES,
      {
        name: 'no permission',
        settings: changed({ exchange: 'forbidden' }),
        expected: { kind: 'retryable', cause: 'auth_rejected' },
      },
      {
        name: 'no such virtual host',
        settings: changed({ vhost: 'nowhere' }),
        expected: { kind: 'retryable', cause: 'not_found' },
      },
    ],
  });

  describe('A destination of type rabbitmq', () => {
    it('publishes persistent messages that say where they come from, over both protocols', async () => {
      const bench = new Workbench();
      await broker.manage('DELETE', `/api/queues/${encodeURIComponent(VHOST)}/${QUEUE}/contents`);
      const consumer = await startConsumer(broker);
      const sent = delivery('{"a":1}');
      await bench.provider(settingsOf(`http://127.0.0.1:${broker.managementPort}`)).send(sent);
      await bench.provider(amqpAt(`http://127.0.0.1:${broker.port}`)).send(sent);
      const messages = await eventually(async () => {
        const taken = await consumer.take();
        expect(taken).toHaveLength(2);
        return taken;
      });
      for (const { properties, fields } of messages) {
        expect(fields).toMatchObject({ exchange: EXCHANGE, routingKey: KEY });
        expect(properties).toMatchObject({
          contentType: 'application/json',
          deliveryMode: 2,
          messageId: sent.eventId,
          timestamp: Math.floor(parseInt(sent.eventId.slice(0, 12), 16) / 1000),
          headers: {
            'hookstream-event-id': sent.eventId,
            'hookstream-source-id': SOURCE_ID,
            'hookstream-destination-id': DESTINATION_ID,
          },
        });
      }
      await consumer.close();
      await bench.clear();
    });

    it('trusts a private authority', async () => {
      const bench = new Workbench();
      const at = (config: Record<string, string>) =>
        bench
          .provider({ ...amqpAt(`https://127.0.0.1:${broker.tlsPort}`, config), timeoutMs: 3_000 })
          .send(delivery('{}'));
      expect(await at({})).toMatchObject({ kind: 'retryable', cause: 'tls_error' });
      expect(await at({ tls_ca: SELF_SIGNED.cert })).toMatchObject({ kind: 'delivered' });
      await bench.clear();
    });

    it('does not wait for a broker that has gone silent', async () => {
      const bench = new Workbench();
      const proxy = await countingProxy(broker.port);
      const provider = bench.provider({ ...amqpAt(`http://127.0.0.1:${proxy.port}`), timeoutMs: 500 });
      expect(await provider.send(delivery('{}'))).toMatchObject({ kind: 'delivered' });
      proxy.freeze();
      expect(await provider.send(delivery('{}'))).toMatchObject({ kind: 'retryable', cause: 'timeout' });
      await provider.close();
      await eventually(() => expect(proxy.connections()).toBe(0));
      await proxy.stop();
    });

    it('blames only the message that is too large', async () => {
      const bench = new Workbench();
      const provider = bench.provider(amqpAt(`http://127.0.0.1:${broker.port}`));
      await provider.send(delivery('{}'));
      const bodies = ['{}', Buffer.alloc(4_194_305), ...Array<string>(20).fill('{}')];
      const outcomes = await Promise.all(bodies.map((body) => provider.send(delivery(body))));
      const [tooLarge] = outcomes.splice(1, 1);
      expect(tooLarge).toMatchObject({ kind: 'permanent', cause: 'payload_too_large' });
      for (const outcome of outcomes) {
        expect(outcome.kind === 'retryable' ? outcome.cause : outcome.kind).toMatch(/^(delivered|connection_reset)$/);
      }
      expect(await provider.send(delivery('{}'))).toMatchObject({ kind: 'delivered' });
      await bench.clear();
    });

    it('goes on after a restart of the broker, over one connection', async () => {
      const bench = new Workbench();
      await broker.manage('DELETE', `/api/queues/${encodeURIComponent(VHOST)}/${QUEUE}/contents`);
      const provider = bench.provider({ ...amqpAt(`http://127.0.0.1:${broker.port}`), timeoutMs: 2_000 });
      const sendMany = () => Promise.all(Array.from({ length: 10 }, () => provider.send(delivery('{}'))));
      expect((await sendMany()).map(({ kind }) => kind)).toEqual(Array(10).fill('delivered'));
      const connections = async () => (await broker.manage('GET', '/api/connections')) as object[];
      await eventually(async () => expect(await connections()).toHaveLength(1));

      let delivered = 10;
      const causes = new Set<string>();
      let restarting = true;
      const restarted = broker.restart().finally(() => (restarting = false));
      while (restarting) {
        const outcome = await provider.send(delivery('{}'));
        if (outcome.kind === 'delivered') delivered += 1;
        else causes.add(`${outcome.kind} ${outcome.cause}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await restarted;
      expect([...causes]).toContain('retryable connection_refused');
      // A broker that is going down may also refuse what it cannot confirm any more.
      for (const cause of causes) expect(cause).toMatch(/^retryable (connection_|timeout|provider_error)/);

      await eventually(async () => expect(await provider.send(delivery('{}'))).toMatchObject({ kind: 'delivered' }));
      const consumer = await startConsumer(broker);
      // What was confirmed survived the restart, and what was not may have arrived as well.
      await eventually(async () => expect((await consumer.take()).length).toBeGreaterThan(delivered));
      await consumer.close();
      await eventually(async () => expect(await connections()).toHaveLength(1));
      await bench.clear();
      await eventually(async () => expect(await connections()).toHaveLength(0));
    }, 90_000);
  });
});
