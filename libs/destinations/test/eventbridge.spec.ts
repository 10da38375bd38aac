import { describe, expect, it } from '@jest/globals';
import { type Received, startReceiver } from '#libs/testing';
import { ACCESS, AWS_SECRETS, awsFailures, itSigns } from './conformance/aws.js';
import { type Arrived, type Counterpart, describeConformance } from './conformance/conformance.js';
import { delivery, type Settings, Workbench } from './conformance/fixtures.js';
import { signatureProblem } from './conformance/sigv4.js';

interface Entry {
  Source: string;
  DetailType: string;
  Detail: string;
  EventBusName: string;
  Time: number;
  Resources: string[];
}

const BUS = 'arn:aws:events:eu-central-1:123456789012:event-bus/orders';
const settingsAt = (origin: string, config: Record<string, string> = {}): Settings => ({
  type: 'eventbridge',
  config: { event_bus_arn: BUS, ...ACCESS, endpoint: origin, source: 'com.example', detail_type: 'webhook', ...config },
});

const KEY = { region: ACCESS.region, service: 'events', accessKeyId: ACCESS.access_key_id };

/** What PutEvents answers to one entry; 256 KiB is the documented limit of its size. */
function result({ Source, DetailType, Detail, EventBusName, Resources }: Entry): object {
  const bytes = [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 14);
  if (bytes > 256 * 1024)
    return { ErrorCode: 'ValidationException', ErrorMessage: 'Total size of the entry is over the limit' };
  if (EventBusName === 'throttled') return { ErrorCode: 'ThrottlingException', ErrorMessage: 'slower' };
  if (EventBusName === 'internal') return { ErrorCode: 'InternalFailure', ErrorMessage: 'why' };
  if (EventBusName === 'bogus') return { ErrorCode: 'Bogus', ErrorMessage: 'why' };
  if (EventBusName !== BUS) return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: 'no bus' };
  const detail = JSON.parse(Detail) as unknown;
  const isObject = typeof detail === 'object' && detail !== null && !Array.isArray(detail);
  return isObject ? { EventId: 'e' } : { ErrorCode: 'MalformedDetail', ErrorMessage: 'no object' };
}

/**
 * A receiver that stands for EventBridge; there is no other. It checks what AWS documents of PutEvents: signature, target,
 * content type, details that are JSON objects, size. Not proven: AWS's own wording of errors, beyond that the SDK reads it.
 */
async function start(): Promise<Counterpart> {
  const entries: Entry[] = [];
  const receiver = await startReceiver((request: Received, response) => {
    const { headers, body } = request;
    const problem =
      signatureProblem(request, { ...KEY, secretAccessKey: ACCESS.secret_access_key }) ??
      (headers['x-amz-target'] === 'AWSEvents.PutEvents' ? undefined : 'the target') ??
      (headers['content-type'] === 'application/x-amz-json-1.1' ? undefined : 'the content type');
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (problem)
      return response.writeHead(400).end(JSON.stringify({ __type: 'InvalidSignatureException', message: problem }));
    const { Entries } = JSON.parse(body.toString()) as { Entries: Entry[] };
    const results = Entries.map(result);
    entries.push(...Entries.filter((_, index) => 'EventId' in results[index]!));
    const FailedEntryCount = results.filter((entry) => 'ErrorCode' in entry).length;
    return response.end(JSON.stringify({ FailedEntryCount, Entries: results }));
  });
  return {
    port: Number(new URL(receiver.url).port),
    settingsAt,
    arrived: () => entries.map(decode),
    stop: () => receiver.stop(),
  };
}

function decode({ Detail, Resources }: Entry): Arrived {
  const { data, data_base64 } = JSON.parse(Detail) as Record<string, string>;
  const body = data_base64 ? Buffer.from(data_base64, 'base64') : Buffer.from(data ?? Detail);
  return { eventId: Resources[0]!.replace('hookstream:event/', ''), body };
}

const onBus = (bus: string) => (counterpart: Counterpart) =>
  settingsAt(`http://127.0.0.1:${counterpart.port}`, { event_bus_arn: bus });

describeConformance({
  name: 'eventbridge',
  start,
  secrets: AWS_SECRETS,
  largestBody: 256 * 1024 - 100,
  failures: [
    ...awsFailures((code) => ({
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify({ __type: code, message: 'why' }),
    })),
    {
      name: 'a wrong secret',
      settings: ({ port }) => settingsAt(`http://127.0.0.1:${port}`, { secret_access_key: 'wrong' }),
      expected: { kind: 'retryable', cause: 'auth_rejected' },
    },
    { name: 'in a 200: no such bus', settings: onBus('nowhere'), expected: { kind: 'retryable', cause: 'not_found' } },
    { name: 'in a 200: throttled', settings: onBus('throttled'), expected: { kind: 'retryable', cause: 'throttled' } },
    { name: 'in a 200: a fault', settings: onBus('internal'), expected: { kind: 'retryable', cause: 'response_5xx' } },
    { name: 'in a 200: unknown', settings: onBus('bogus'), expected: { kind: 'retryable', cause: 'provider_error' } },
    {
      name: 'in a 200: too large',
      body: Buffer.alloc(300 * 1024, 'x'),
      expected: { kind: 'permanent', cause: 'payload_too_large' },
    },
  ],
});

describe('A destination of type eventbridge', () => {
  itSigns('events', settingsAt);

  it('puts an object as it is, under the time it came in', async () => {
    const bench = new Workbench();
    const receiver = await startReceiver((_, response) => response.end('{"FailedEntryCount":0,"Entries":[{}]}'));
    const sent = delivery('{ "a": 1 }');
    expect(await bench.provider(settingsAt(receiver.url)).send(sent)).toMatchObject({ kind: 'delivered' });
    const { Entries } = JSON.parse(receiver.requests[0]!.body.toString()) as { Entries: Entry[] };
    expect(Entries).toEqual([
      {
        Source: 'com.example',
        DetailType: 'webhook',
        Detail: '{ "a": 1 }',
        EventBusName: BUS,
        Time: Math.floor(parseInt(sent.eventId.slice(0, 12), 16)) / 1000,
        Resources: [`hookstream:event/${sent.eventId}`],
      },
    ]);
    await bench.clear();
    await receiver.stop();
  });
});
