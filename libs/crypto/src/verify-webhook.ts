import { createHmac, createSecretKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { ED25519_BYTES, ed25519PublicKey } from './ed25519.js';
import { hmacVerifier } from './hmac-verifier.js';
import { type SignatureFormat } from './signature-format.js';
import { headerText, timestampProblem } from './signed-headers.js';
import { PUBLIC_PREFIX } from './signing-secret.js';
import { failed, VERIFIED, type WebhookVerifier } from './verification.js';

/** How a sender signs. `hmac_*` sign the raw body; `standard_webhooks` is https://www.standardwebhooks.com (v1, v1a). */
export type VerificationScheme = 'hmac_sha256' | 'hmac_sha1' | 'standard_webhooks';

/** What a source knows about its sender's signatures. */
export interface VerificationRule {
  scheme: VerificationScheme;
  /** `hmac_*`: taken as UTF-8 text. `standard_webhooks`: base64, with or without `whsec_`, or an Ed25519 public key, `whpk_…`. */
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
 * The v1 signatures of a list, 32 bytes each, and the v1a signatures, 64 bytes each. Items are separated by spaces in the
 * specification, by commas in the hosted product's documentation and wherever a proxy joined two headers. Other versions do
 * not match and are skipped.
 */
const V1_SIGNATURE = /(?<![^\s,])v1,([A-Za-z0-9+/]{43}=)(?![^\s,])/g;
const V1A_SIGNATURE = /(?<![^\s,])v1a,([A-Za-z0-9+/]{86}==)(?![^\s,])/g;
/** Each costs about 0.1 ms; a sender has as many as it has keys in rotation. */
const MAX_V1A_SIGNATURES = 10;

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
  switch (rule.scheme) {
    case 'hmac_sha256':
    case 'hmac_sha1':
      return hmacVerifier(rule.scheme, createSecretKey(secret), rule.header, rule.format ?? {});
    case 'standard_webhooks':
      return isPublicKey(rule.secret)
        ? standardWebhooksVerifier('v1a', v1aMatcher(ed25519PublicKey(secret)))
        : standardWebhooksVerifier('v1', v1Matcher(createSecretKey(secret)));
  }
}

const isPublicKey = (secret: string) => secret.startsWith(PUBLIC_PREFIX);

/** Empty when the secret is not usable. */
function secretBytes(scheme: VerificationScheme, secret: string): Buffer {
  if (scheme !== 'standard_webhooks') return Buffer.from(secret, 'utf8');
  const prefix = isPublicKey(secret) ? PUBLIC_PREFIX : SECRET_PREFIX;
  const encoded = secret.startsWith(prefix) ? secret.slice(prefix.length) : secret;
  const bytes = BASE64.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
  return isPublicKey(secret) && bytes.length !== ED25519_BYTES ? Buffer.alloc(0) : bytes;
}

/**
 * Whether one of the listed signatures is right.
 *
 * @param signatures the header's text
 * @param head `<id>.<timestamp>.` as bytes, signed before the body
 */
type SignatureMatcher = (signatures: string, head: Buffer, body: Buffer) => boolean;

function v1Matcher(key: KeyObject): SignatureMatcher {
  return (signatures, head, body) => {
    const expected = createHmac('sha256', key).update(head).update(body).digest();
    return signaturesIn(signatures, V1_SIGNATURE).some((signature) => timingSafeEqual(expected, signature));
  };
}

function v1aMatcher(key: KeyObject): SignatureMatcher {
  return (signatures, head, body) => {
    const content = Buffer.concat([head, body]);
    const listed = signaturesIn(signatures, V1A_SIGNATURE).slice(0, MAX_V1A_SIGNATURES);
    return listed.some((signature) => verify(null, content, key, signature));
  };
}

function signaturesIn(list: string, pattern: RegExp): Buffer[] {
  return Array.from(list.matchAll(pattern), ([, signature = '']) => Buffer.from(signature, 'base64'));
}

function standardWebhooksVerifier(version: 'v1' | 'v1a', matches: SignatureMatcher): WebhookVerifier {
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
    const head = Buffer.from(`${id}.${timestamp}.`, 'latin1');
    return matches(signatures, head, body)
      ? VERIFIED
      : failed(`no ${version} signature in ${family}-signature matches`);
  };
}
