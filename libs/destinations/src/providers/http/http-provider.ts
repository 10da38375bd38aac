import { type HttpOutcome } from '#libs/http-client';
import { type OutgoingDelivery, type Provider, type Verdict } from '../../provider.js';
import { NOTHING_TO_CLOSE, type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { maskHeaders } from '../../redact.js';
import { judgeFailedExchange, judgeStatus, receivedResponse } from '../verdicts.js';
import { forwardedHeaders } from './forwarded-headers.js';
import { authHeader, hmacSigning } from './http-auth.js';
import { messageSigner } from './message-signer.js';
import { retryAfterMs } from './retry-after.js';
import { type DeliverySigner, deliverySigner } from './signing-config.js';

/** Sends webhooks to a URL. 2xx is success; redirects are not followed. */
export function httpProvider({ http }: ProviderServices, settings: ProviderSettings): Provider {
  const { url, method, timeoutMs, authType, authConfig } = settings;
  const own = lowerCaseNames(settings.headers);
  const auth = authHeader(authType, authConfig);
  const signers = [hmacSigning(authType, authConfig), settings.signing].filter((signing) => signing !== null);
  const signatures = signedBy(signers.map(deliverySigner));
  const messageSignatures = settings.messageSecrets && messageSigner(settings.messageSecrets);

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
      ...(delivery.isTest && { 'x-hookstream-test': 'true' }),
      ...signatures(delivery),
      ...messageSignatures?.(delivery),
    };
  }

  return {
    async send(delivery) {
      const headers = headersOf(delivery);
      const outcome = await http.send({ url, method, headers, body: delivery.body, timeoutMs });
      return {
        request: { url, method, headers: auth ? maskHeaders(headers, [auth[0]]) : headers },
        response: receivedResponse(outcome),
        durationMs: Math.round(outcome.durationMs),
        ...judge(outcome),
      };
    },
    close: NOTHING_TO_CLOSE,
  };
}

/** Any receiver may mean anything by a 4xx, so it has one cause; only 410 says that nothing will ever be taken. */
function judge(outcome: HttpOutcome): Verdict {
  if (outcome.kind === 'error') return judgeFailedExchange(outcome);
  const { status, headers } = outcome;
  if (status < 400 || status >= 500) return judgeStatus(status, headers);
  const message = `The destination answered ${status}.`;
  if (status === 410) return { kind: 'permanent', cause: 'response_4xx', message };
  const wait = status === 429 ? retryAfterMs(headers['retry-after']) : undefined;
  return { kind: 'retryable', cause: 'response_4xx', message, ...(wait !== undefined && { retryAfterMs: wait }) };
}

/** The headers of all signers; where two have the same name, the last one's. */
function signedBy(signers: DeliverySigner[]) {
  return ({ body, startedAt }: OutgoingDelivery): Record<string, string> =>
    Object.fromEntries(signers.flatMap((sign) => Object.entries(sign(body, startedAt))));
}

function lowerCaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
