import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type IncomingHttpHeaders } from 'node:http';
import { type SignatureFormat } from './signature-format.js';
import { headerText, timestampProblem } from './signed-headers.js';
import { failed, VERIFIED, type WebhookVerifier } from './verification.js';

export const HMAC = {
  hmac_sha256: { algorithm: 'sha256', digestBytes: 32, defaultHeader: 'x-hub-signature-256' },
  hmac_sha1: { algorithm: 'sha1', digestBytes: 20, defaultHeader: 'x-hub-signature' },
} as const;

/** `sha256=`, `v0=`… Its length is bounded so that base64 that ends in `=` is not taken for one. */
const DIGEST_PREFIX = /^[A-Za-z][\w-]{0,15}=/;
const DEFAULT_TOLERANCE_SECONDS = 300;
/** Signatures looked at in a list: a sender has as many as it has secrets in rotation. */
const MAX_SIGNATURES = 10;

/** What the headers claim. */
interface Claim {
  digests: Buffer[];
  timestamp: string;
}

/**
 * Verifies a digest of the body, or of what the format says is signed.
 *
 * @param header of the signature, in any case; null for the scheme's default
 */
export function hmacVerifier(
  scheme: keyof typeof HMAC,
  key: KeyObject,
  header: string | null,
  format: SignatureFormat,
): WebhookVerifier {
  const { algorithm, digestBytes, defaultHeader } = HMAC[scheme];
  const name = header?.toLowerCase() || defaultHeader;
  const read = claimReader(name, digestBytes, format);
  const { signed_payload = '{body}', tolerance_seconds = DEFAULT_TOLERANCE_SECONDS } = format;
  const [before = '', after = ''] = signed_payload.split('{body}');
  const isDated = signed_payload.includes('{timestamp}');

  return (headers, body, nowSeconds) => {
    const claim = read(headers);
    if (typeof claim === 'string') return failed(claim);
    const problem = isDated ? timestampProblem(claim.timestamp, tolerance_seconds, nowSeconds) : undefined;
    if (problem) return failed(problem);
    const dated = (text: string) => text.replace('{timestamp}', () => claim.timestamp);
    const expected = createHmac(algorithm, key).update(dated(before)).update(body).update(dated(after)).digest();
    const matches = claim.digests.some((digest) => timingSafeEqual(expected, digest));
    return matches ? VERIFIED : failed(`the digest in ${name} does not match the body`);
  };
}

/** @returns a reader whose text is the reason why there is no claim */
function claimReader(name: string, digestBytes: number, format: SignatureFormat) {
  const { timestamp_header, timestamp_key, signature_key, separator = ',', encoding } = format;
  const timestampHeader = timestamp_header?.toLowerCase();
  const decode = (text: string) => decodeDigest(text, digestBytes, encoding);

  return (headers: IncomingHttpHeaders): Claim | string => {
    const value = headerText(headers, name);
    if (value === undefined) return `the header ${name} is missing`;
    const items = signature_key === undefined ? undefined : itemsOf(value, separator);
    const signatures = items ? valuesOf(items, signature_key) : [value.trim().replace(DIGEST_PREFIX, '')];
    const digests = signatures.slice(0, MAX_SIGNATURES).flatMap((text) => decode(text) ?? []);
    if (digests.length === 0) {
      return `the header ${name} is not a ${encoding ?? 'hex or base64'} digest of ${digestBytes} bytes`;
    }
    const timestamp = timestampHeader ? headerText(headers, timestampHeader) : valuesOf(items ?? [], timestamp_key)[0];
    return { digests, timestamp: timestamp ?? '' };
  };
}

type Item = [key: string, value: string];

/** Of `t=1,v1=abc`. */
function itemsOf(list: string, separator: string): Item[] {
  return list.split(separator).map((item): Item => {
    const at = item.indexOf('=');
    return [item.slice(0, at).trim(), item.slice(at + 1).trim()];
  });
}

function valuesOf(items: Item[], key: string | undefined): string[] {
  return items.filter(([name]) => name === key).map(([, value]) => value);
}

/** Hex (any case) or base64 (either alphabet, padding optional) of exactly `bytes` bytes. */
function decodeDigest(text: string, bytes: number, encoding?: 'hex' | 'base64'): Buffer | undefined {
  const isHex = encoding !== 'base64' && text.length === 2 * bytes && /^[0-9A-Fa-f]+$/.test(text);
  if (isHex) return Buffer.from(text, 'hex');
  const isBase64 = encoding !== 'hex' && /^[\w+/-]+={0,2}$/.test(text);
  const decoded = isBase64 ? Buffer.from(text, 'base64') : undefined;
  return decoded?.length === bytes ? decoded : undefined;
}
