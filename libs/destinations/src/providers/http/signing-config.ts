import { createHmac, createSecretKey } from 'node:crypto';
import { isMasked, maskSecret } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { checkHeaderName, isHeaderValue } from './custom-headers.js';

/** How deliveries are signed; the names are those of `signing_config`. */
export interface SigningConfig {
  /** In the clear. */
  secret: string;
  algorithm: 'sha256' | 'sha1';
  header: string;
  /** Before the hex digest. */
  prefix: string;
  /** Signs `<Unix seconds>.<body>` and sends the seconds too. */
  include_timestamp: boolean;
  timestamp_header: string;
}

const DEFAULT_HEADER = 'X-hookstream-Signature';
const DEFAULT_TIMESTAMP_HEADER = 'X-hookstream-Timestamp';
const FIELDS = ['secret', 'algorithm', 'header', 'prefix', 'include_timestamp', 'timestamp_header'];
const MAX_LENGTH = 1_000;

/**
 * Reads `signing_config` as it was sent and fills in what was left out.
 *
 * @param known what is stored; its secret is kept when the given one is its mask
 * @param within the field that holds it, for errors
 * @throws ApiError `invalid_body` naming the field that is missing or wrong
 */
export function readSigningConfig(
  sent: Record<string, unknown>,
  known: SigningConfig | null,
  within = 'signing_config',
): SigningConfig {
  const refuse: Refuse = (field, message) => {
    throw ApiError.invalidField(`${within}.${field}`, message);
  };
  const unknown = Object.keys(sent).find((name) => !FIELDS.includes(name));
  if (unknown) return refuse(unknown, 'is not a known field');
  const algorithm = sent.algorithm ?? 'sha256';
  if (algorithm !== 'sha256' && algorithm !== 'sha1') return refuse('algorithm', 'must be sha256 or sha1');
  const prefix = sent.prefix ?? `${algorithm}=`;
  if (!isHeaderValue(prefix) || prefix.length > MAX_LENGTH) {
    return refuse('prefix', 'must be text that a header can carry');
  }
  const header = headerName(refuse, within, 'header', sent.header ?? DEFAULT_HEADER);
  const timestamp_header = headerName(
    refuse,
    within,
    'timestamp_header',
    sent.timestamp_header ?? DEFAULT_TIMESTAMP_HEADER,
  );
  if (header.toLowerCase() === timestamp_header.toLowerCase()) refuse('timestamp_header', 'must differ from header');
  const include_timestamp = flag(refuse, 'include_timestamp', sent.include_timestamp ?? false);
  const secret = secretOf(refuse, sent.secret, known);
  return { secret, algorithm, header, prefix, include_timestamp, timestamp_header };
}

/** As answers show it. */
export function maskSigningConfig(config: SigningConfig): SigningConfig {
  return { ...config, secret: maskSecret(config.secret) };
}

/** The headers that sign a delivery, lower-case names. */
export type DeliverySigner = (body: Buffer, sentAt: Date) => Record<string, string>;

/** Prepares signing; the key object makes an HMAC five times cheaper than a secret in a buffer. */
export function deliverySigner(config: SigningConfig): DeliverySigner {
  const key = createSecretKey(Buffer.from(config.secret, 'utf8'));
  const header = config.header.toLowerCase();
  const timestampHeader = config.timestamp_header.toLowerCase();
  return (body, sentAt) => {
    const seconds = String(Math.floor(sentAt.getTime() / 1000));
    const signing = createHmac(config.algorithm, key);
    if (config.include_timestamp) signing.update(`${seconds}.`);
    const signature = config.prefix + signing.update(body).digest('hex');
    return { [header]: signature, ...(config.include_timestamp && { [timestampHeader]: seconds }) };
  };
}

/** Names the field of the configuration that is wrong. */
type Refuse = (field: string, message: string) => never;

function secretOf(refuse: Refuse, sent: unknown, known: SigningConfig | null): string {
  if (typeof sent !== 'string' || sent === '') return refuse('secret', 'is needed to sign');
  if (sent.length > MAX_LENGTH) return refuse('secret', `must not be longer than ${MAX_LENGTH} characters`);
  if (!isMasked(sent)) return sent;
  if (known && sent === maskSecret(known.secret)) return known.secret;
  return refuse('secret', 'is masked: send the secret itself');
}

/** The defaults are the only names of our own prefix that can be chosen. */
function headerName(refuse: Refuse, within: string, field: string, name: unknown): string {
  if (typeof name !== 'string' || name.length > MAX_LENGTH) return refuse(field, 'must be a header name');
  const isDefault = [DEFAULT_HEADER, DEFAULT_TIMESTAMP_HEADER].some((own) => own.toLowerCase() === name.toLowerCase());
  if (!isDefault) checkHeaderName(`${within}.${field}`, name);
  return name;
}

function flag(refuse: Refuse, field: string, value: unknown): boolean {
  if (value === true || value === 1) return true;
  if (value === false || value === 0) return false;
  return refuse(field, 'must be true or false');
}
