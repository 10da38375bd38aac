import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

describe('Deliveries', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let slugs = 0;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([startHookstream(), startReceiver()]);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  /** Sends one event to a destination of these settings. */
  async function deliver(destination: object, body: object): Promise<void> {
    const slug = `s${++slugs}`;
    const make = async (resource: string, fields: object) =>
      Object.values(await hookstream.call<Record<string, { id: string }>>('POST', `/v1/${resource}`, fields))[0]!.id;
    const source_id = await make('sources', { name: slug, slug });
    const destination_id = await make('destinations', { name: slug, slug, ...destination });
    await make('connections', { name: slug, source_id, destination_id });
    await hookstream.call('POST', `/v1/ingest/${source_id}`, body);
  }

  it('are signed as the destination says', async () => {
    const secret = 'a-long-random-secret';
    const body = { n: 1 };
    await deliver({ url: `${receiver.url}/plain`, signing_config: { secret } }, body);
    await deliver(
      {
        url: `${receiver.url}/dated`,
        signing_config: { secret, algorithm: 'sha1', header: 'X-Sign', prefix: '', include_timestamp: true },
      },
      body,
    );
    await eventually(() => expect(receiver.requests).toHaveLength(2));
    const received = (path: string) => receiver.requests.find(({ url }) => url === path)!;
    const hmac = (algorithm: string, text: string) => createHmac(algorithm, secret).update(text).digest('hex');
    const plain = received('/plain');
    expect(plain.headers['x-hookstream-signature']).toBe(`sha256=${hmac('sha256', plain.body.toString())}`);
    expect(plain.headers['x-hookstream-timestamp']).toMatch(/^\d{4}-.*Z$/);
    const dated = received('/dated');
    const seconds = dated.headers['x-hookstream-timestamp'] as string;
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(60);
    expect(dated.headers['x-sign']).toBe(hmac('sha1', `${seconds}.${dated.body.toString()}`));
  });
});
