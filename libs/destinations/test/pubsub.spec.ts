import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type Received, startReceiver } from '#libs/testing';
import { type Arrived, type Counterpart, describeConformance } from './conformance/conformance.js';
import { delivery, type Settings, SOURCE_ID, Workbench } from './conformance/fixtures.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const EMAIL = 'publisher@example-project.iam.gserviceaccount.com';
const TOKEN = 'ya29.an-access-token-1234567890';
const PATH = '/v1/projects/example-project/topics/orders:publish';

const settingsAt = (origin: string, config: Record<string, string> = {}): Settings => ({
  type: 'pubsub',
  config: {
    project_id: 'example-project',
    topic_id: 'orders',
    service_account_json: JSON.stringify({
      ...{ client_email: EMAIL, private_key: privateKey, private_key_id: 'key-1', token_uri: `${origin}/token` },
    }),
    endpoint: origin,
    ...config,
  },
});

interface Message {
  data: string;
  attributes: Record<string, string>;
  orderingKey?: string;
}

/** What is wrong with a request for a token (RFC 7523, https://developers.google.com/identity/protocols/oauth2/service-account). */
function tokenProblem({ headers, body }: Received): string | undefined {
  const form = new URLSearchParams(body.toString());
  if (headers['content-type'] !== 'application/x-www-form-urlencoded') return 'content type';
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return 'grant_type';
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const key = createPublicKey(publicKey);
  if (!verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')))
    return 'signature';
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  const { alg, typ, kid } = read(header);
  if (alg !== 'RS256' || typ !== 'JWT' || kid !== 'key-1') return 'header';
  const { iss, scope, aud, iat, exp } = read(claims);
  if (iss !== EMAIL || scope !== 'https://www.googleapis.com/auth/pubsub') return 'issuer or scope';
  if (aud !== `http://${headers.host}/token`) return 'audience';
  const age = Date.now() / 1000 - Number(iat);
  return Math.abs(age) > 10 || Number(exp) - Number(iat) !== 3600 ? 'times' : undefined;
}

/**
 * A receiver that stands for Google. It checks what Google documents: the signed assertion with the public key, the bearer token,
 * path and form of messages. Not proven: Google's wording of errors, and that a real project would let the account in.
 */
async function startGoogle(expiresIn = 3599) {
  const messages: Message[] = [];
  const tokens: Received[] = [];
  const receiver = await startReceiver((request, response) => {
    response.setHeader('content-type', 'application/json');
    const refuse = (code: number, status: string, message = 'why') =>
      response.writeHead(code).end(JSON.stringify({ error: { code, status, message } }));
    if (request.url === '/token') {
      tokens.push(request);
      const problem = tokenProblem(request);
      if (problem)
        return response.writeHead(400).end(JSON.stringify({ error: 'invalid_grant', error_description: problem }));
      return response.end(JSON.stringify({ access_token: TOKEN, expires_in: expiresIn, token_type: 'Bearer' }));
    }
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return refuse(401, 'UNAUTHENTICATED');
    if (request.url !== PATH) return refuse(404, 'NOT_FOUND');
    const { messages: sent } = JSON.parse(request.body.toString()) as { messages: Message[] };
    if (sent.some(({ data }) => Buffer.from(data, 'base64').length > 10_000_000)) {
      return refuse(400, 'INVALID_ARGUMENT', 'The value for message is too large.');
    }
    messages.push(...sent);
    return response.end(JSON.stringify({ messageIds: sent.map((_, index) => String(index)) }));
  });
  return { receiver, messages, tokens };
}

async function start(): Promise<Counterpart> {
  const { receiver, messages } = await startGoogle();
  const decode = ({ data, attributes }: Message): Arrived => ({
    eventId: String(attributes.event_id),
    body: Buffer.from(data, 'base64'),
  });
  return {
    port: Number(new URL(receiver.url).port),
    settingsAt,
    arrived: () => messages.map(decode),
    stop: () => receiver.stop(),
  };
}

describeConformance({
  name: 'pubsub',
  start,
  secrets: [privateKey, JSON.stringify(privateKey).slice(1, -1), TOKEN],
  failures: [
    {
      name: 'an account that Google does not know',
      settings: ({ port }) => {
        const settings = settingsAt(`http://127.0.0.1:${port}`);
        const account = JSON.parse(settings.config?.service_account_json ?? '') as object;
        const service_account_json = JSON.stringify({ ...account, client_email: 'somebody@example.com' });
        return { ...settings, config: { ...settings.config, service_account_json } };
      },
      expected: { kind: 'retryable', cause: 'auth_rejected' },
    },
    {
      name: 'no permission',
      answer: { status: 403, body: '{"error":{"status":"PERMISSION_DENIED"}}' },
      expected: { kind: 'retryable', cause: 'auth_rejected' },
    },
    {
      name: 'no such topic',
      settings: ({ port }) => settingsAt(`http://127.0.0.1:${port}`, { topic_id: 'nowhere' }),
      expected: { kind: 'retryable', cause: 'not_found' },
    },
    {
      name: 'too many requests',
      answer: { status: 429, headers: { 'retry-after': '5' }, body: '{"error":{"status":"RESOURCE_EXHAUSTED"}}' },
      expected: { kind: 'retryable', cause: 'throttled', retryAfterMs: 5_000 },
    },
    {
      name: 'more than Pub/Sub takes',
      body: Buffer.alloc(10_000_001, 'x'),
      expected: { kind: 'permanent', cause: 'payload_too_large' },
    },
    {
      name: 'a fault of Google',
      answer: { status: 503, body: '<html>' },
      expected: { kind: 'retryable', cause: 'response_5xx' },
    },
  ],
});

describe('A destination of type pubsub', () => {
  it('asks for one token at a time, keeps it, and renews it before it expires', async () => {
    const bench = new Workbench();
    const { receiver, tokens } = await startGoogle();
    const provider = bench.provider(settingsAt(receiver.url));
    await Promise.all(Array.from({ length: 10 }, () => provider.send(delivery('{}'))));
    await provider.send(delivery('{}'));
    expect(tokens).toHaveLength(1);
    const short = await startGoogle(30);
    const hurried = bench.provider(settingsAt(short.receiver.url));
    await hurried.send(delivery('{}'));
    await hurried.send(delivery('{}'));
    expect(short.tokens).toHaveLength(2);
    await bench.clear();
    await Promise.all([receiver.stop(), short.receiver.stop()]);
  });

  it('gets a new token when the one it has is refused', async () => {
    const bench = new Workbench();
    const receiver = await startReceiver(({ url }, response) =>
      url === '/token'
        ? response.end(JSON.stringify({ access_token: TOKEN, expires_in: 3600 }))
        : response.writeHead(receiver.requests.length > 2 ? 200 : 401).end('{}'),
    );
    const provider = bench.provider(settingsAt(receiver.url));
    expect(await provider.send(delivery('{}'))).toMatchObject({ kind: 'retryable', cause: 'auth_rejected' });
    expect(await provider.send(delivery('{}'))).toMatchObject({ kind: 'delivered' });
    expect(receiver.requests.map(({ url }) => url)).toEqual(['/token', PATH, '/token', PATH]);
    await bench.clear();
    await receiver.stop();
  });

  it('talks to an emulator without authenticating, with attributes and an ordering key', async () => {
    const bench = new Workbench();
    const receiver = await startReceiver((_, response) => response.end('{"messageIds":["1"]}'));
    const config = { service_account_json: '', ordering_key: 'customer-1' };
    const sent = delivery('{}');
    await bench.provider(settingsAt(receiver.url, config)).send(sent);
    expect(receiver.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([[PATH, undefined]]);
    expect(JSON.parse(receiver.requests[0]!.body.toString())).toEqual({
      messages: [
        {
          data: 'e30=',
          attributes: { event_id: sent.eventId, source_id: SOURCE_ID, content_type: 'application/json' },
          orderingKey: 'customer-1',
        },
      ],
    });
    await bench.clear();
    await receiver.stop();
  });
});
