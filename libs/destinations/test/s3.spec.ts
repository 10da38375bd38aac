import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { startFauxqs } from 'fauxqs';
import S3rver from 's3rver';
import { ACCESS, AWS_SECRETS, awsFailures, itSigns } from './conformance/aws.js';
import { type Arrived, type Counterpart, describeConformance } from './conformance/conformance.js';
import { delivery, type Settings, SOURCE_ID, Workbench } from './conformance/fixtures.js';

/** s3rver takes one key only. */
const S3RVER = { access_key_id: 'S3RVER', secret_access_key: 'S3RVER' };
const ONLY_KEYS = { ...ACCESS, session_token: '' };
const BUCKET = 'webhooks';

const settingsAt = (origin: string, config: Record<string, string> = {}): Settings => ({
  type: 's3',
  config: { bucket: BUCKET, ...ACCESS, endpoint: origin, path_style: 'true', ...config },
});

/** Reads the bucket with an SDK client of the test's own. */
function reader(port: number, { access_key_id, secret_access_key, region }: typeof ONLY_KEYS = ONLY_KEYS) {
  const client = new S3Client({
    region,
    credentials: { accessKeyId: access_key_id, secretAccessKey: secret_access_key },
    endpoint: `http://127.0.0.1:${port}`,
    forcePathStyle: true,
  });
  return {
    keys: async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      return Contents.map(({ Key = '' }) => Key);
    },
    get: async (Key: string) => {
      const { Body, ContentType, Metadata } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      return { body: Buffer.from(await Body!.transformToByteArray()), type: ContentType, metadata: Metadata };
    },
    close: () => client.destroy(),
  };
}

type Reader = ReturnType<typeof reader>;

async function arrivedRaw({ keys, get }: Reader): Promise<Arrived[]> {
  return Promise.all(
    (await keys()).map(async (key) => {
      const { body, metadata } = await get(key);
      return { eventId: String(metadata?.['event-id']), body };
    }),
  );
}

async function arrivedJson({ keys, get }: Reader): Promise<Arrived[]> {
  return Promise.all(
    (await keys()).map(async (key) => {
      const { event_id, body, body_base64 } = JSON.parse((await get(key)).body.toString()) as Record<string, string>;
      return {
        eventId: String(event_id),
        body: body === undefined ? Buffer.from(body_base64!, 'base64') : Buffer.from(body),
      };
    }),
  );
}

/** fauxqs and s3rver, two S3s that have nothing in common with each other. Neither looks at signatures, see {@link itSigns}. */
async function startOnFauxqs(format: 'json' | 'raw'): Promise<Counterpart> {
  const server = await startFauxqs({ port: 0, logger: false });
  server.createBucket(BUCKET);
  const objects = reader(server.port);
  return {
    port: server.port,
    settingsAt: (origin) => settingsAt(origin, { format }),
    arrived: () => (format === 'raw' ? arrivedRaw(objects) : arrivedJson(objects)),
    stop: () => {
      objects.close();
      return server.stop();
    },
  };
}

async function startOnS3rver(): Promise<Counterpart> {
  const directory = mkdtempSync(join(tmpdir(), 'hookstream-s3rver-'));
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  const { port } = await server.run();
  const objects = reader(port, { ...ONLY_KEYS, ...S3RVER });
  return {
    port,
    settingsAt: (origin) => settingsAt(origin, { ...S3RVER, session_token: '', format: 'raw' }),
    arrived: () => arrivedRaw(objects),
    stop: async () => {
      objects.close();
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const xml = (code: string) => ({
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>why</Message></Error>`,
});
const FAILURES = [
  ...awsFailures(xml),
  {
    name: 'no such bucket',
    settings: (counterpart: Counterpart) => {
      const settings = counterpart.settingsAt(`http://127.0.0.1:${counterpart.port}`);
      return { ...settings, config: { ...settings.config, bucket: 'nowhere' } };
    },
    expected: { kind: 'retryable', cause: 'not_found' } as const,
  },
  {
    name: 'more than S3 takes',
    answer: { status: 400, ...xml('EntityTooLarge') },
    expected: { kind: 'permanent', cause: 'payload_too_large' } as const,
  },
];

for (const format of ['json', 'raw'] as const) {
  describeConformance({
    name: `s3, format ${format}`,
    start: () => startOnFauxqs(format),
    secrets: AWS_SECRETS,
    failures: FAILURES,
  });
}
describeConformance({ name: 's3, another S3', start: startOnS3rver, secrets: [], failures: FAILURES });

describe('A destination of type s3', () => {
  itSigns('s3', (origin) => settingsAt(origin, { prefix: 'a b/ü' }));

  it('writes the same object for the same event, under the time it came in', async () => {
    const bench = new Workbench();
    const server = await startFauxqs({ port: 0, logger: false });
    server.createBucket(BUCKET);
    const at = (config: Record<string, string>) =>
      bench.provider(settingsAt(`http://127.0.0.1:${server.port}`, config));
    // 2026-02-28T23:59:59.000Z
    const eventId = `019ca6e7b798${'7abc8def0123456789ab'}`;
    const sent = delivery('{"a":1}', { eventId });
    await at({ prefix: 'in' }).send(sent);
    await at({ prefix: 'in/' }).send({ ...sent, attempt: 2, startedAt: new Date(0) });
    await at({ key_template: '{source_id}/{YYYY}-{MM}-{DD}T{HH}/{event_id}', format: 'raw' }).send(sent);
    const objects = reader(server.port);
    const received = new Date(parseInt(eventId.slice(0, 12), 16)).toISOString();
    const [day = ''] = received.split('T');
    const key = `in/${day.replaceAll('-', '/')}/${eventId}.json`;
    const template = `${SOURCE_ID}/${day}T${received.slice(11, 13)}/${eventId}`;
    expect((await objects.keys()).sort()).toEqual([key, template].sort());
    const envelope = await objects.get(key);
    expect(envelope.type).toBe('application/json');
    expect(JSON.parse(envelope.body.toString())).toEqual({
      event_id: eventId,
      source_id: SOURCE_ID,
      received_at: received,
      headers: { 'content-type': 'application/json', 'x-sender': 'somebody' },
      body: '{"a":1}',
    });
    expect(await objects.get(template)).toMatchObject({ type: 'application/json', body: Buffer.from('{"a":1}') });
    objects.close();
    await bench.clear();
    await server.stop();
  });
});
