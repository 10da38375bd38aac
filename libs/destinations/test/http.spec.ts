import { createHmac } from 'node:crypto';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import { type TLSSocket } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { eventually, startReceiver } from '#libs/testing';
import { STANDARD_WEBHOOKS_VECTORS } from '../../crypto/test/standard-webhooks-vectors.js';
import { SELF_SIGNED } from '../../http-client/test/self-signed-certificate.js';
import { type Counterpart, describeConformance } from './conformance/conformance.js';
import { delivery, type Settings, Workbench } from './conformance/fixtures.js';
import { listen } from './conformance/servers.js';

const SECRETS = ['a-bearer-token-1234', 'a-signing-secret-5678'];

/** Node's own HTTP server: what is proven is what any receiver sees. */
async function start(): Promise<Counterpart> {
  const receiver = await startReceiver();
  return {
    port: Number(new URL(receiver.url).port),
    settingsAt: (origin): Settings => ({
      type: 'http',
      url: `${origin}/webhooks`,
      authType: 'bearer_token',
      authConfig: { token: SECRETS[0] ?? '' },
      signing: {
        secret: SECRETS[1] ?? '',
        ...{ algorithm: 'sha256', header: 'x-sign', prefix: '', include_timestamp: false, timestamp_header: 'x-time' },
      },
    }),
    arrived: () =>
      receiver.requests.map(({ headers, body }) => ({ eventId: String(headers['x-hookstream-event-id']), body })),
    stop: () => receiver.stop(),
  };
}

describeConformance({
  name: 'http',
  start,
  secrets: SECRETS,
  failures: [
    { name: 'not allowed', answer: { status: 401 }, expected: { kind: 'retryable', cause: 'response_4xx' } },
    { name: 'not there', answer: { status: 404 }, expected: { kind: 'retryable', cause: 'response_4xx' } },
    { name: 'gone', answer: { status: 410 }, expected: { kind: 'permanent', cause: 'response_4xx' } },
    {
      name: 'too many requests',
      answer: { status: 429, headers: { 'retry-after': '7' } },
      expected: { kind: 'retryable', cause: 'response_4xx', retryAfterMs: 7_000 },
    },
    {
      name: 'not available',
      answer: { status: 503, headers: { 'retry-after': '7' } },
      expected: { kind: 'retryable', cause: 'response_5xx', retryAfterMs: 7_000 },
    },
    {
      name: 'moved',
      answer: { status: 302, headers: { location: '/' } },
      expected: { kind: 'retryable', cause: 'too_many_redirects' },
    },
  ],
});

describe('A destination of type http', () => {
  it('trusts a private authority and shows its own certificate', async () => {
    const bench = new Workbench();
    const subjects: unknown[] = [];
    const { key, cert } = SELF_SIGNED;
    const server = createServer(
      { key, cert, ca: cert, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        subjects.push((request.socket as TLSSocket).getPeerCertificate().subject);
        response.end();
      },
    );
    const receiver = await listen(server);
    const send = async (config: Record<string, string>) => {
      const provider = bench.provider({ type: 'http', url: `https://127.0.0.1:${receiver.port}`, config });
      return [await provider.send(delivery('{}')), await provider.send(delivery('{}'))] as const;
    };
    expect(await send({})).toMatchObject([{ cause: 'tls_error' }, { cause: 'tls_error' }]);
    const [withoutCertificate] = await send({ tls_ca: cert });
    expect(withoutCertificate).toMatchObject({ kind: 'retryable', response: null });
    const [first, second] = await send({ tls_ca: cert, tls_cert: cert, tls_key: key });
    expect([first.kind, second.kind]).toEqual(['delivered', 'delivered']);
    expect(subjects).toEqual([{ CN: 'localhost' }, { CN: 'localhost' }]);
    await bench.clear();
    await eventually(() => expect(receiver.connections()).toBe(0));
    await receiver.stop();
  });

  it('signs messages whatever custom headers are stored', async () => {
    const bench = new Workbench();
    const receiver = await startReceiver();
    const { secret, signature } = STANDARD_WEBHOOKS_VECTORS.sign.hmac;
    const names = ['Webhook-Id', 'webhook-timestamp', 'WEBHOOK-SIGNATURE', 'X-hookstream-Event-Id'];
    const headers = { ...Object.fromEntries(names.map((name) => [name, 'mine'])), 'X-Custom': 'mine' };
    const sent = { ...delivery('{"test": 2432232314}'), eventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek' };
    const startedAt = new Date(1_614_265_330_000);
    await bench
      .provider({ type: 'http', url: receiver.url, headers, messageSecrets: [{ secret, expiresAt: null }] })
      .send({ ...sent, startedAt });
    expect(receiver.requests[0]?.headers).toMatchObject({
      'webhook-id': sent.eventId,
      'webhook-timestamp': '1614265330',
      'webhook-signature': signature,
      'x-hookstream-event-id': sent.eventId,
      'x-custom': 'mine',
    });
    await bench.clear();
    await receiver.stop();
  });

  it('keeps its connection for the next delivery', async () => {
    const bench = new Workbench();
    const ports = new Set<number | undefined>();
    const server = await listen(
      createPlainServer((request, response) => {
        ports.add(request.socket.remotePort);
        response.end();
      }),
    );
    const provider = bench.provider({ type: 'http', url: `http://127.0.0.1:${server.port}` });
    for (let i = 0; i < 5; i += 1) await provider.send(delivery('{}'));
    // The next delivery may start before the first connection is free again.
    expect(ports.size).toBeLessThanOrEqual(2);
    await bench.clear();
    await server.stop();
  });

  it.each<[authConfig: Record<string, string>, header: string, algorithm: string]>([
    [{ secret: 'a-secret' }, 'x-hookstream-signature', 'sha256'],
    [{ secret: 'a-secret', header: 'X-Sign', algorithm: 'sha1' }, 'x-sign', 'sha1'],
  ])('authenticates with an HMAC: %j', async (authConfig, header, algorithm) => {
    const bench = new Workbench();
    const receiver = await startReceiver();
    await bench
      .provider({
        type: 'http',
        url: receiver.url,
        authType: 'hmac',
        authConfig,
      })
      .send(delivery('{ "a": 1 }'));
    const digest = createHmac(algorithm, 'a-secret').update('{ "a": 1 }').digest('hex');
    expect(receiver.requests[0]?.headers[header]).toBe(`${algorithm}=${digest}`);
    await bench.clear();
    await receiver.stop();
  });
});
