import { describe, expect, it } from '@jest/globals';
import { type MessageAttributeValue, startFauxqs } from 'fauxqs';
import { ACCESS, AWS_SECRETS, awsFailures, itSigns } from './conformance/aws.js';
import { type Counterpart, describeConformance } from './conformance/conformance.js';
import { delivery, type Settings, SOURCE_ID, Workbench } from './conformance/fixtures.js';

const ACCOUNT = '000000000000';
const settingsAt = (origin: string, queue = 'orders', config: Record<string, string> = {}): Settings => ({
  type: 'sqs',
  config: { queue_url: `${origin}/${ACCOUNT}/${queue}`, ...ACCESS, ...config },
});

/**
 * fauxqs, an SQS that runs in this process: what is proven is that an independent implementation of the protocol takes and keeps
 * the messages, its limits and its missing queues. It does not look at signatures, see {@link itSigns}.
 */
async function startSqs() {
  const server = await startFauxqs({ port: 0, logger: false });
  server.createQueue('orders');
  server.createQueue('orders.fifo', { attributes: { FifoQueue: 'true' } });
  return server;
}

interface Message {
  body: string;
  messageAttributes: Record<string, MessageAttributeValue>;
}

async function start(): Promise<Counterpart> {
  const server = await startSqs();
  return {
    port: server.port,
    settingsAt,
    arrived: () => ((server.inspectQueue('orders')?.messages.ready ?? []) as Message[]).map(decode),
    stop: () => server.stop(),
  };
}

function decode({ body, messageAttributes }: Message) {
  const encoding = messageAttributes['content-encoding']?.StringValue === 'base64' ? 'base64' : 'utf8';
  return { eventId: String(messageAttributes.event_id?.StringValue), body: Buffer.from(body, encoding) };
}

describeConformance({
  name: 'sqs',
  start,
  secrets: AWS_SECRETS,
  largestBody: 1_048_576 - 300,
  // Unlike SQS, fauxqs refuses characters beyond the Basic Multilingual Plane.
  spare: (text) => text.replace('😀', '☺'),
  empty: { kind: 'permanent', cause: 'payload_refused' },
  failures: [
    ...awsFailures((code) => ({
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: 'why' }),
    })),
    {
      name: 'no such queue',
      settings: ({ port }) => settingsAt(`http://127.0.0.1:${port}`, 'nowhere'),
      expected: { kind: 'retryable', cause: 'not_found' },
    },
    {
      name: 'contents that SQS refuses',
      answer: {
        status: 400,
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amzn-query-error': 'InvalidMessageContents;Sender',
        },
        body: JSON.stringify({ __type: 'AWS.SimpleQueueService.InvalidMessageContents', message: 'why' }),
      },
      expected: { kind: 'permanent', cause: 'payload_refused' },
    },
    {
      name: 'more than SQS takes',
      body: Buffer.alloc(1_048_576, 'x'),
      expected: { kind: 'permanent', cause: 'payload_too_large' },
    },
  ],
});

describe('A destination of type sqs', () => {
  itSigns('sqs', settingsAt);

  it('says which event a message is, and sends text unencoded', async () => {
    const [server, bench] = [await startSqs(), new Workbench()];
    const sent = delivery('{"a": 1}');
    await bench.provider(settingsAt(`http://127.0.0.1:${server.port}`)).send(sent);
    const [message] = server.inspectQueue('orders')?.messages.ready ?? [];
    expect(message?.body).toBe('{"a": 1}');
    expect(message?.messageAttributes).toEqual({
      event_id: { DataType: 'String', StringValue: sent.eventId },
      source_id: { DataType: 'String', StringValue: SOURCE_ID },
      content_type: { DataType: 'String', StringValue: 'application/json' },
    });
    await bench.clear();
    await server.stop();
  });

  it('keeps a retry out of a FIFO queue that has the message', async () => {
    const [server, bench] = [await startSqs(), new Workbench()];
    const config = { message_group_id: 'all' };
    const provider = bench.provider(settingsAt(`http://127.0.0.1:${server.port}`, 'orders.fifo', config));
    const sent = delivery('{}');
    const kinds = [
      await provider.send(sent),
      await provider.send({ ...sent, attempt: 2 }),
      await provider.send(delivery('{}')),
    ].map(({ kind }) => kind);
    expect(kinds).toEqual(['delivered', 'delivered', 'delivered']);
    expect(server.inspectQueue('orders.fifo')?.messages.ready).toHaveLength(2);
    await bench.clear();
    await server.stop();
  });
});
