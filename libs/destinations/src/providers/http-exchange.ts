import { type HttpOutcome, type HttpRequest } from '#libs/http-client';
import { type ProviderOutcome, type SentRequest, type Verdict } from '../provider.js';
import { maskHeaders } from '../redact.js';
import { judgeFailedExchange, receivedResponse } from './verdicts.js';

type Response = HttpOutcome & { kind: 'response' };

/** The outcome of a delivery that was one HTTP exchange. @param judge what a response says, whatever its status */
export function exchangeOutcome(
  { url, method, headers }: Pick<HttpRequest, 'url' | 'method' | 'headers'>,
  outcome: HttpOutcome,
  judge: (response: Response) => Verdict,
): ProviderOutcome {
  const request: SentRequest = { url, method, headers: maskHeaders(headers, ['authorization']) };
  return {
    request,
    response: receivedResponse(outcome),
    durationMs: Math.round(outcome.durationMs),
    ...(outcome.kind === 'error' ? judgeFailedExchange(outcome) : judge(outcome)),
  };
}

/** A body that should be JSON; undefined when it is not an object. */
export function jsonObject(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(body.toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export function basicAuth(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
