import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type IncomingHttpHeaders } from 'node:http';

/** How a sender signs. `hmac_*` sign the raw body; `standard_webhooks` is https://www.standardwebhooks.com (v1). */
export type VerificationScheme = 'hmac_sha256' | 'hmac_sha1' | 'standard_webhooks';

/** What a source knows about its sender's signatures. */
export interface VerificationRule {
  scheme: VerificationScheme;
  /** `hmac_*`: taken as UTF-8 text. `standard_webhooks`: base64, with or without `whsec_`. */
  secret: string;
  /** Header of the digest, in any case; `null` for the scheme's default. `standard_webhooks` has fixed headers and ignores it. */
  header: string | null;
}

/** `reason` is for logs and the event view; it never carries a secret or a signature. */
export type Verification = { kind: 'verified' } | { kind: 'failed'; reason: string };

/**
 * @param headers as Node gives them: names in lower case
 * @param body the raw bytes as received
 * @param nowSeconds Unix time in seconds @defaultValue the clock
 */
export type WebhookVerifier = (headers: IncomingHttpHeaders, body: Buffer, nowSeconds?: number) => Verification;

const HMAC = {
  hmac_sha256: { algorithm: 'sha256', digestBytes: 32, defaultHeader: 'x-hub-signature-256' },
  hmac_sha1: { algorithm: 'sha1', digestBytes: 20, defaultHeader: 'x-hub-signature' },
} as const;

/** How far a signed time may lie from ours, either way; the value of the Standard Webhooks libraries. */
const TOLERANCE_SECONDS = 300;
const SECRET_PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** `sha256=`, `v0=`… Its length is bounded so that base64 that ends in `=` is not taken for one. */
const DIGEST_PREFIX = /^[A-Za-z][\w-]{0,15}=/;
/**
 * The v1 signatures of a list, 32 bytes each. Items are separated by spaces in the specification, by commas in the hosted
 * product's documentation and wherever a proxy joined two headers. Other versions (`v1a`, `v2`) do not match and are skipped.
 */
const V1_SIGNATURE = /(?<![^\s,])v1,([A-Za-z0-9+/]{43}=)(?![^\s,])/g;

const VERIFIED: Verification = { kind: 'verified' };
const failed = (reason: string): Verification => ({ kind: 'failed', reason });

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
      return digestVerifier(HMAC[rule.scheme], key, rule.header);
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

function digestVerifier(
  { algorithm, digestBytes, defaultHeader }: (typeof HMAC)[keyof typeof HMAC],
  key: KeyObject,
  header: string | null,
): WebhookVerifier {
  const name = header?.toLowerCase() || defaultHeader;
  return (headers, body) => {
    const value = headerText(headers, name);
    if (value === undefined) return failed(`the header ${name} is missing`);
    const claimed = decodeDigest(value.trim().replace(DIGEST_PREFIX, ''), digestBytes);
    if (!claimed) return failed(`the header ${name} is not a hex or base64 digest of ${digestBytes} bytes`);
    const expected = createHmac(algorithm, key).update(body).digest();
    return timingSafeEqual(expected, claimed) ? VERIFIED : failed(`the digest in ${name} does not match the body`);
  };
}

/** Hex (any case) or base64 (either alphabet, padding optional) of exactly `bytes` bytes. */
function decodeDigest(text: string, bytes: number): Buffer | undefined {
  if (text.length === 2 * bytes && /^[0-9A-Fa-f]+$/.test(text)) return Buffer.from(text, 'hex');
  const decoded = /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
  return decoded?.length === bytes ? decoded : undefined;
}

function standardWebhooksVerifier(key: KeyObject): WebhookVerifier {
  return (headers, body, nowSeconds = Math.floor(Date.now() / 1000)) => {
    const family = headers['webhook-signature'] === undefined && headers['svix-signature'] ? 'svix' : 'webhook';
    const id = headerText(headers, `${family}-id`);
    const timestamp = headerText(headers, `${family}-timestamp`);
    const signatures = headerText(headers, `${family}-signature`);
    if (!id || !timestamp || !signatures) {
      return failed(`one of the headers ${family}-id, ${family}-timestamp, ${family}-signature is missing`);
    }
    if (!/^\d{1,15}$/.test(timestamp)) return failed(`the header ${family}-timestamp is not a Unix time in seconds`);
    const ageSeconds = nowSeconds - Number(timestamp);
    if (ageSeconds > TOLERANCE_SECONDS) return failed(`the webhook was signed more than ${TOLERANCE_SECONDS} s ago`);
    if (ageSeconds < -TOLERANCE_SECONDS) return failed(`the webhook is dated more than ${TOLERANCE_SECONDS} s ahead`);

    // Node decodes headers as Latin-1; encoding them the same way gives back the bytes the sender signed.
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`, 'latin1').update(body).digest();
    for (const [, signature = ''] of signatures.matchAll(V1_SIGNATURE)) {
      if (timingSafeEqual(expected, Buffer.from(signature, 'base64'))) return VERIFIED;
    }
    return failed(`no v1 signature in ${family}-signature matches`);
  };
}

function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
}
