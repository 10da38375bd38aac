import { type HttpOutcome } from '#libs/http-client';
import { type ReceivedResponse, type Verdict } from '../provider.js';
import { retryAfterMs } from './http/retry-after.js';

export const DELIVERED: Verdict = { kind: 'delivered' };

/** An exchange without a response. What may not be called, or cannot, will not be otherwise the next time. */
export function judgeFailedExchange({ cause, message }: HttpOutcome & { kind: 'error' }): Verdict {
  const lasting = cause === 'blocked_target' || cause === 'invalid_url';
  return { kind: lasting ? 'permanent' : 'retryable', cause, message };
}

/**
 * The status of an API that means what HTTP says. Missing rights and resources are retryable: someone can mend them while the
 * retries last, and the circuit breaker keeps them few.
 *
 * @param message a sentence that names the failure, not the secret
 */
export function judgeStatus(
  status: number,
  headers: Record<string, string>,
  message = `The destination answered ${status}.`,
): Verdict {
  if (status >= 200 && status < 300) return DELIVERED;
  const wait = status === 429 || status === 503 ? retryAfterMs(headers['retry-after']) : undefined;
  const retryable = { kind: 'retryable', message, ...(wait !== undefined && { retryAfterMs: wait }) } as const;
  if (status === 401 || status === 403) return { ...retryable, cause: 'auth_rejected' };
  if (status === 404) return { ...retryable, cause: 'not_found' };
  if (status === 413) return { kind: 'permanent', cause: 'payload_too_large', message };
  if (status === 429) return { ...retryable, cause: 'throttled' };
  if (status >= 500) return { ...retryable, cause: 'response_5xx' };
  return { ...retryable, cause: status >= 400 ? 'response_4xx' : 'too_many_redirects' };
}

/** The answer as an attempt records it; null when there is none. */
export function receivedResponse(outcome: HttpOutcome): ReceivedResponse | null {
  if (outcome.kind === 'error') return null;
  const { status, headers, body } = outcome;
  return { status, headers, body: body.toString('utf8') };
}
