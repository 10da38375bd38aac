import { maskSecret } from '#libs/crypto';
import { type ProviderOutcome, type ReceivedResponse } from './provider.js';

/** Shorter ones would take ordinary words out of the answer with them. */
const SHORTEST = 6;

/**
 * Takes secrets out of what an attempt records, in case the receiver echoes the request (debugging endpoints do; S3 quotes the
 * signed request when a signature is wrong).
 *
 * @param secrets in the clear
 */
export function redact(outcome: ProviderOutcome, secrets: readonly string[]): ProviderOutcome {
  const present = secrets.filter((secret) => secret.length >= SHORTEST);
  const { response } = outcome;
  return present.length === 0 || !response ? outcome : { ...outcome, response: redactResponse(response, present) };
}

function redactResponse({ status, headers, body }: ReceivedResponse, secrets: string[]): ReceivedResponse {
  const clean = (text: string) =>
    secrets.reduce(
      (rest, secret) => (rest.includes(secret) ? rest.replaceAll(secret, maskSecret(secret)) : rest),
      text,
    );
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, clean(value)])),
    body: clean(body),
  };
}

/** The headers of a request as an attempt records them. @param secretNames lower-case names of those whose value is masked */
export function maskHeaders(headers: Record<string, string>, secretNames: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      secretNames.includes(name.toLowerCase()) ? maskSecret(value) : value,
    ]),
  );
}
