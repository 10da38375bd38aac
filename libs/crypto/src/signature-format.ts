/**
 * How a sender makes an HMAC signature, where that is not simply a digest of the body in a header. The names are those of a source's
 * `verification_config`.
 */
export interface SignatureFormat {
  /** What is signed: text with `{body}` and, where the sender dates webhooks, `{timestamp}`. @defaultValue `{body}` */
  signed_payload?: string;
  /** How the digest is written. @defaultValue either */
  encoding?: 'hex' | 'base64';
  /** Header of the time of signing, in Unix seconds. */
  timestamp_header?: string;
  /** The signature header is a list of `key=value`: the key of the time. */
  timestamp_key?: string;
  /** The key of the signatures; several may have it. */
  signature_key?: string;
  /** What separates the items of the list. @defaultValue `,` */
  separator?: string;
  /** How far the time may lie from ours, either way, in seconds. @defaultValue 300 */
  tolerance_seconds?: number;
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/;
const KEY = /^[\w-]{1,50}$/;
const MAX_TOLERANCE_SECONDS = 7 * 24 * 3600;

const isText = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);

const FIELDS: Record<keyof SignatureFormat, { test: (value: unknown) => boolean; message: string }> = {
  signed_payload: { test: isSignedPayload, message: 'must contain {body} once, and {timestamp} at most once' },
  encoding: { test: isText(/^(hex|base64)$/), message: 'must be hex or base64' },
  timestamp_header: { test: isText(HEADER_NAME), message: 'must be a header name' },
  timestamp_key: { test: isText(KEY), message: 'must be letters and digits' },
  signature_key: { test: isText(KEY), message: 'must be letters and digits' },
  separator: { test: isText(/^[,;&|]$/), message: 'must be one of , ; & |' },
  tolerance_seconds: {
    test: (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_TOLERANCE_SECONDS,
    message: `must be an integer from 1 to ${MAX_TOLERANCE_SECONDS}`,
  },
};

/**
 * Checks a format that somebody wrote.
 *
 * @returns the field at fault, empty for the whole, and what is wrong with it; undefined if nothing is
 */
export function signatureFormatProblem(
  format: Record<string, unknown>,
): { field: string; message: string } | undefined {
  for (const [field, value] of Object.entries(format)) {
    if (!Object.hasOwn(FIELDS, field)) return { field, message: 'is not a known field' };
    const { test, message } = FIELDS[field as keyof SignatureFormat];
    if (!test(value)) return { field, message };
  }
  const { signed_payload = '', timestamp_header, timestamp_key, signature_key } = format;
  if (timestamp_key !== undefined && signature_key === undefined) {
    return { field: 'signature_key', message: 'is needed beside timestamp_key' };
  }
  const isDated = timestamp_header !== undefined || timestamp_key !== undefined;
  if (isDated === String(signed_payload).includes('{timestamp}')) return undefined;
  // A time that is not signed proves nothing, and one that is nowhere cannot be signed.
  return isDated
    ? { field: 'signed_payload', message: 'must contain {timestamp}' }
    : { field: 'timestamp_header', message: 'or timestamp_key is needed to sign {timestamp}' };
}

function isSignedPayload(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 200) return false;
  const count = (text: string) => value.split(text).length - 1;
  return count('{body}') === 1 && count('{timestamp}') <= 1;
}
