import { type Settings } from './conformance/fixtures.js';
import { startReceiver } from '#libs/testing';
import { type Counterpart, describeConformance } from './conformance/conformance.js';

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
