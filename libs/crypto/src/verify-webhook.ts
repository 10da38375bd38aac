import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { hmacVerifier } from './hmac-verifier.js';
import { type SignatureFormat } from './signature-format.js';
import { headerText, timestampProblem } from './signed-headers.js';
import { failed, VERIFIED, type WebhookVerifier } from './verification.js';

/** How a sender signs. `hmac_*` sign the raw body; `standard_webhooks` is https://www.standardwebhooks.com (v1). */
export type VerificationScheme = 'hmac_sha256' | 'hmac_sha1' | 'standard_webhooks';

/** What a source knows about its sender's signatures. */
export interface VerificationRule {
  scheme: VerificationScheme;
  /** `hmac_*`: taken as UTF-8 text. `standard_webhooks`: base64, with or without `whsec_`. */
  secret: string;
  /** Header of the digest, in any case; `null` for the scheme's default. `standard_webhooks` has fixed headers and ignores it. */
  header: string | null;
  /** Where `hmac_*` is more than a digest of the body. `standard_webhooks` ignores it. */
  format?: SignatureFormat | null;
}

/** How far a signed time may lie from ours, either way; the value of the Standard Webhooks libraries. */
const TOLERANCE_SECONDS = 300;
const SECRET_PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/**
 * The v1 signatures of a list, 32 bytes each. Items are separated by spaces in the specification, by commas in the hosted
 * product's documentation and wherever a proxy joined two headers. Other versions (`v1a`, `v2`) do not match and are skipped.
 */
const V1_SIGNATURE = /(?<![^\s,])v1,([A-Za-z0-9+/]{43}=)(?![^\s,])/g;

/** Whether a secret can verify anything under the scheme: not empty, and base64 where the scheme wants it. */
export function isUsableSecret(scheme: VerificationScheme, secret: string): boolean {
  return secretBytes(scheme, secret).length > 0;
}

/**
 * Turns a rule into a verifier. Prepare once per source and keep it: the key object it holds makes an HMAC five times cheaper
 * than a secret in a buffer. Digests are compared in constant time.
 *
 * Never throws: a rule whose secret is not usable ({@link isUsableSecret}) gives a verifier that fails every webhook.
 */
export function prepareVerification(rule: VerificationRule): WebhookVerifier {
  const secret = secretBytes(rule.scheme, rule.secret);
  if (secret.length === 0) return () => failed('the signing secret of the source is empty or not base64');
  const key = createSecretKey(secret);
  switch (rule.scheme) {
    case 'hmac_sha256':
    case 'hmac_sha1':
      return hmacVerifier(rule.scheme, key, rule.header, rule.format ?? {});
    case 'standard_webhooks':
      return standardWebhooksVerifier(key);
  }
}

/** Empty when the secret is not usable. */
function secretBytes(scheme: VerificationScheme, secret: string): Buffer {
  if (scheme !== 'standard_webhooks') return Buffer.from(secret, 'utf8');
  const encoded = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
  return BASE64.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
}

function standardWebhooksVerifier(key: KeyObject): WebhookVerifier {
  return (headers, body, nowSeconds) => {
    const family = headers['webhook-signature'] === undefined && headers['svix-signature'] ? 'svix' : 'webhook';
    const id = headerText(headers, `${family}-id`);
    const timestamp = headerText(headers, `${family}-timestamp`);
    const signatures = headerText(headers, `${family}-signature`);
    if (!id || !timestamp || !signatures) {
      return failed(`one of the headers ${family}-id, ${family}-timestamp, ${family}-signature is missing`);
    }
    const problem = timestampProblem(timestamp, TOLERANCE_SECONDS, nowSeconds);
    if (problem) return failed(problem);

    // Node decodes headers as Latin-1; encoding them the same way gives back the bytes the sender signed.
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`, 'latin1').update(body).digest();
    for (const [, signature = ''] of signatures.matchAll(V1_SIGNATURE)) {
      if (timingSafeEqual(expected, Buffer.from(signature, 'base64'))) return VERIFIED;
    }
    return failed(`no v1 signature in ${family}-signature matches`);
  };
}
