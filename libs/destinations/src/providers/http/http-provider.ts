import { maskSecret } from '#libs/crypto';
import { type HttpClient, type HttpOutcome } from '#libs/http-client';
import { type AuthType, type HttpMethod } from '../../destination.entity.js';
import {
  type FailureCause,
  type OutgoingDelivery,
  type Provider,
  type ProviderOutcome,
  type ReceivedResponse,
} from '../../provider.js';
import { forwardedHeaders } from './forwarded-headers.js';
import { authHeader } from './http-auth.js';
import { retryAfterMs } from './retry-after.js';
import { deliverySigner, type SigningConfig } from './signing-config.js';

export interface HttpTarget {
  url: string;
  method: HttpMethod;
  /** Custom headers. */
  headers: Record<string, string>;
  /** Over the whole exchange. */
  timeoutMs: number;
  authType: AuthType;
  /** In the clear. */
  authConfig: Record<string, string>;
  /** Null when deliveries are not signed. */
  signing: SigningConfig | null;
}

/** Sends webhooks to a URL. 2xx is success; redirects are not followed. */
export function httpProvider(http: HttpClient, target: HttpTarget): Provider {
  const own = lowerCaseNames(target.headers);
  const auth = authHeader(target.authType, target.authConfig);
  const sign = target.signing ? deliverySigner(target.signing) : undefined;

  function headersOf(delivery: OutgoingDelivery): Record<string, string> {
    return {
      'user-agent': 'hookstream',
      ...forwardedHeaders(delivery.eventHeaders, delivery.transformed),
      ...(delivery.transformed && { 'content-type': 'application/json' }),
      ...own,
      ...(auth && { [auth[0]]: auth[1] }),
      'x-hookstream-event-id': delivery.eventId,
      'x-hookstream-delivery-attempt': String(delivery.attempt),
      'x-hookstream-timestamp': delivery.startedAt.toISOString(),
      ...sign?.(delivery.body, delivery.startedAt),
    };
  }

  return {
    async send(delivery) {
      const headers = headersOf(delivery);
      const { url, method, timeoutMs } = target;
      const outcome = await http.send({ url, method, headers, body: delivery.body, timeoutMs });
      return {
        request: { url, method, headers: auth ? { ...headers, [auth[0]]: maskSecret(auth[1]) } : headers },
        response: outcome.kind === 'response' ? received(outcome) : null,
        durationMs: Math.round(outcome.durationMs),
        ...judge(outcome),
      };
    },
  };
}

type Judgement = ProviderOutcome extends infer O
  ? O extends unknown
    ? Omit<O, 'request' | 'response' | 'durationMs'>
    : never
  : never;

function judge(outcome: HttpOutcome): Judgement {
  if (outcome.kind === 'error') {
    const { cause, message } = outcome;
    const lasting = cause === 'blocked_target' || cause === 'invalid_url';
    return { kind: lasting ? 'permanent' : 'retryable', cause, message };
  }
  const { status, headers } = outcome;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const message = `The destination answered ${status}.`;
  if (status === 410) return { kind: 'permanent', cause: 'response_4xx', message };
  const wait = status === 429 || status === 503 ? retryAfterMs(headers['retry-after']) : undefined;
  return { kind: 'retryable', cause: causeOf(status), message, ...(wait !== undefined && { retryAfterMs: wait }) };
}

function causeOf(status: number): FailureCause {
  if (status >= 500) return 'response_5xx';
  return status >= 400 ? 'response_4xx' : 'too_many_redirects';
}

function received({ status, headers, body }: HttpOutcome & { kind: 'response' }): ReceivedResponse {
  return { status, headers, body: body.toString('utf8') };
}

function lowerCaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
