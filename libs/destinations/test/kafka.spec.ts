import { describe, expect, it } from '@jest/globals';
import { type Received, startReceiver } from '#libs/testing';
import { type Arrived, type Counterpart, describeConformance } from './conformance/conformance.js';
import { delivery, DESTINATION_ID, type Settings, SOURCE_ID, Workbench } from './conformance/fixtures.js';

const API = { api_key: 'ABCDEFGHIJKLMNOP', api_secret: 'a-long-random-secret' };
const BASIC = Buffer.from(`${API.api_key}:${API.api_secret}`).toString('base64');
const text = (base64: string) => Buffer.from(base64, 'base64').toString();

const settingsAt = (origin: string, config: Record<string, string> = {}): Settings => ({
  type: 'kafka',
  config: { endpoint: origin, cluster_id: 'lkc-1', topic: 'orders', ...API, ...config },
});

interface V3Record {
  key?: { type: string; data: string };
  value: { type: string; data: string };
  headers: { name: string; value: string }[];
}
interface V2Record {
  key: string;
  value: string;
}

const headersOf = ({ headers }: V3Record) => Object.fromEntries(headers.map(({ name, value }) => [name, text(value)]));

/** What both versions say of a request before they look at its records. */
function problem({ headers, url }: Received, contentType: string): [status: number, code: number] | undefined {
  if (headers.authorization !== `Basic ${BASIC}`) return [401, 40101];
  if (headers['content-type'] !== contentType) return [415, 415];
  return url.includes('/topics/orders') ? undefined : [404, 40403];
}

/**
 * A receiver that stands for Confluent's REST API, from https://docs.confluent.io/cloud/current/api.html#tag/Records-(v3) and
 * https://docs.confluent.io/platform/current/kafka-rest/api.html. It checks path, credentials, content type and the form of
 * records. Not proven: that a broker takes them.
 */
async function startV3(): Promise<Counterpart> {
  const records: V3Record[] = [];
  const receiver = await startReceiver((request, response) => {
    const wrong = problem(request, 'application/json');
    if (wrong) return response.writeHead(wrong[0]).end(JSON.stringify({ error_code: wrong[1], message: 'why' }));
    const record = JSON.parse(request.body.toString()) as V3Record;
    if (record.value.type !== 'BINARY') return response.writeHead(422).end('{"error_code":422}');
    if (record.value.data.length > 2_000_000) return response.end('{"error_code":41301,"message":"too large"}');
    records.push(record);
    return response.end(JSON.stringify({ error_code: 200, cluster_id: 'lkc-1', topic_name: 'orders', offset: 1 }));
  });
  const decode = (record: V3Record): Arrived => ({
    eventId: String(headersOf(record)['hookstream-event-id']),
    body: Buffer.from(record.value.data, 'base64'),
  });
  return {
    port: Number(new URL(receiver.url).port),
    settingsAt,
    arrived: () => records.map(decode),
    stop: () => receiver.stop(),
  };
}

async function startV2(): Promise<Counterpart> {
  const records: V2Record[] = [];
  const receiver = await startReceiver((request, response) => {
    const wrong = problem(request, 'application/vnd.kafka.binary.v2+json');
    if (wrong) return response.writeHead(wrong[0]).end(JSON.stringify({ error_code: wrong[1], message: 'why' }));
    const sent = (JSON.parse(request.body.toString()) as { records: V2Record[] }).records;
    const result = (error_code: number | null, error: string | null) =>
      response.end(JSON.stringify({ offsets: [{ partition: 0, offset: 0, error_code, error }], key_schema_id: null }));
    if (sent.some(({ value }) => value.length > 2_000_000)) return result(1, 'RecordTooLargeException');
    records.push(...sent);
    return result(null, null);
  });
  return {
    port: Number(new URL(receiver.url).port),
    settingsAt: (origin) => settingsAt(origin, { api_version: 'v2' }),
    arrived: () => records.map(({ key, value }) => ({ eventId: text(key), body: Buffer.from(value, 'base64') })),
    stop: () => receiver.stop(),
  };
}

const changed = (config: Record<string, string>) => (counterpart: Counterpart) => {
  const settings = counterpart.settingsAt(`http://127.0.0.1:${counterpart.port}`);
  return { ...settings, config: { ...settings.config, ...config } };
};

const FAILURES = [
  {
    name: 'a wrong secret',
    settings: changed({ api_secret: 'wrong' }),
    expected: { kind: 'retryable', cause: 'auth_rejected' },
  },
  {
    name: 'no such topic',
    settings: changed({ topic: 'nowhere' }),
    expected: { kind: 'retryable', cause: 'not_found' },
  },
  {
    name: 'too many requests',
    answer: { status: 429, headers: { 'retry-after': '3' }, body: '{"error_code":42901}' },
    expected: { kind: 'retryable', cause: 'throttled', retryAfterMs: 3_000 },
  },
  {
    name: 'more than Kafka takes',
    body: Buffer.alloc(2_000_000),
    expected: { kind: 'permanent', cause: 'payload_too_large' },
  },
  {
    name: 'a fault',
    answer: { status: 500, body: '{"error_code":50002}' },
    expected: { kind: 'retryable', cause: 'response_5xx' },
  },
  {
    name: 'a 200 of something else',
    answer: { status: 200, body: 'ok' },
    expected: { kind: 'retryable', cause: 'provider_error' },
  },
] as const;

describeConformance({
  name: 'kafka, v3',
  start: startV3,
  secrets: [API.api_secret, BASIC],
  failures: [
    ...FAILURES,
    {
      name: 'in a 200: no permission',
      answer: { status: 200, body: '{"error_code":40301,"message":"why"}' },
      expected: { kind: 'retryable', cause: 'auth_rejected' },
    },
    {
      name: 'in a 200: too many requests',
      answer: { status: 200, body: '{"error_code":42901}' },
      expected: { kind: 'retryable', cause: 'throttled' },
    },
    {
      name: 'in a 200: a fault',
      answer: { status: 200, body: '{"error_code":50003}' },
      expected: { kind: 'retryable', cause: 'response_5xx' },
    },
  ],
});

describeConformance({
  name: 'kafka, v2',
  start: startV2,
  secrets: [API.api_secret, BASIC],
  failures: [
    ...FAILURES,
    {
      name: 'in a 200: an error that lasts',
      answer: { status: 200, body: '{"offsets":[{"error_code":1,"error":"why"}]}' },
      expected: { kind: 'permanent', cause: 'provider_error' },
    },
    {
      name: 'in a 200: an error that may pass',
      answer: { status: 200, body: '{"offsets":[{"error_code":2,"error":"why"}]}' },
      expected: { kind: 'retryable', cause: 'provider_error' },
    },
  ],
});

describe('A destination of type kafka', () => {
  it.each([
    ['customer.id', '{"customer":{"id":"c-1"}}', 'c-1'],
    ['items.1.n', '{"items":[{"n":1},{"n":2}]}', '2'],
    ['customer', '{"customer":{"id":1}}', '{"id":1}'],
    ['customer.id', '{"customer":null}', undefined],
    ['constructor', '{}', undefined],
    ['a', 'no JSON', undefined],
  ])('has the value at %s of %s for a key', async (key, body, expected) => {
    const bench = new Workbench();
    const receiver = await startReceiver((_, response) => response.end('{"error_code":200}'));
    const sent = delivery(body);
    await bench.provider(settingsAt(`${receiver.url}/kafka/`, { key })).send(sent);
    const [request] = receiver.requests;
    expect(request?.url).toBe('/kafka/v3/clusters/lkc-1/topics/orders/records');
    const record = JSON.parse(request!.body.toString()) as V3Record;
    expect(record.key && text(record.key.data)).toBe(expected);
    expect(headersOf(record)).toEqual({
      'hookstream-event-id': sent.eventId,
      'hookstream-source-id': SOURCE_ID,
      'hookstream-destination-id': DESTINATION_ID,
      'content-type': 'application/json',
    });
    await bench.clear();
    await receiver.stop();
  });

  it('finds the REST API of a cluster by its bootstrap host, and needs no credentials elsewhere', async () => {
    const bench = new Workbench();
    const bootstrap_servers = 'pkc-1.nowhere.example:9092';
    const settings: Settings = {
      type: 'kafka',
      config: { bootstrap_servers, cluster_id: 'lkc-1', topic: 'orders', ...API },
    };
    expect((await bench.provider(settings).send(delivery('{}'))).request.url).toBe(
      'https://pkc-1.nowhere.example/kafka/v3/clusters/lkc-1/topics/orders/records',
    );
    const receiver = await startReceiver((_, response) => response.end('{"error_code":200}'));
    await bench.provider(settingsAt(receiver.url, { api_key: '', api_secret: '' })).send(delivery('{}'));
    expect(receiver.requests[0]?.headers).not.toHaveProperty('authorization');
    await bench.clear();
    await receiver.stop();
  });
});
