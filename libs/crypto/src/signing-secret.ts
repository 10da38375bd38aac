import { createHmac, createSecretKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { decodeBase64 } from './base64.js';
import { ED25519_BYTES, ed25519PrivateKey, ed25519PublicBytes } from './ed25519.js';

export const SIGNING_ALGORITHMS = ['hmac_sha256', 'ed25519'] as const;
/** `hmac_sha256` makes `v1` signatures of Standard Webhooks, `ed25519` makes `v1a`. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

const HMAC_PREFIX = 'whsec_';
const PRIVATE_PREFIX = 'whsk_';
export const PUBLIC_PREFIX = 'whpk_';

const NEW_HMAC_BYTES = 32;
/** The specification's bounds. */
const [MIN_HMAC_BYTES, MAX_HMAC_BYTES] = [24, 64];

/** A secret of Standard Webhooks, ready to sign with. */
export interface SigningKey {
  algorithm: SigningAlgorithm;
  /** What verifies its signatures, `whpk_…`; null when that is the secret itself. */
  publicKey: string | null;
  /** One signature of a webhook: version, comma, base64. @param seconds Unix time of signing */
  sign: (id: string, seconds: string, body: Buffer) => string;
}

/**
 * A new secret for signing webhooks as Standard Webhooks writes it.
 *
 * @returns `whsec_` and base64 of 32 random bytes, or `whsk_` and base64 of an Ed25519 seed and its public key
 */
export function newSigningSecret(algorithm: SigningAlgorithm = 'hmac_sha256'): string {
  if (algorithm === 'hmac_sha256') return HMAC_PREFIX + randomBytes(NEW_HMAC_BYTES).toString('base64');
  const seed = randomBytes(ED25519_BYTES);
  const publicBytes = ed25519PublicBytes(ed25519PrivateKey(seed));
  return PRIVATE_PREFIX + Buffer.concat([seed, publicBytes]).toString('base64');
}

/**
 * Reads a secret that webhooks are signed with; its prefix says the algorithm. Keep what comes of it: making the key costs
 * more than a signature.
 *
 * @returns undefined unless it is `whsec_` and strict base64 of 24 to 64 bytes, or `whsk_` and that of a seed and its public key
 */
export function readSigningSecret(secret: string): SigningKey | undefined {
  if (secret.startsWith(HMAC_PREFIX)) return hmacKey(decodeBase64(secret.slice(HMAC_PREFIX.length)));
  if (secret.startsWith(PRIVATE_PREFIX)) return ed25519Key(decodeBase64(secret.slice(PRIVATE_PREFIX.length)));
  return undefined;
}

function hmacKey(bytes: Buffer | undefined): SigningKey | undefined {
  if (!bytes || bytes.length < MIN_HMAC_BYTES || bytes.length > MAX_HMAC_BYTES) return undefined;
  const key = createSecretKey(bytes);
  return { algorithm: 'hmac_sha256', publicKey: null, sign: (...webhook) => `v1,${hmac(key, ...webhook)}` };
}

function ed25519Key(bytes: Buffer | undefined): SigningKey | undefined {
  if (bytes?.length !== 2 * ED25519_BYTES) return undefined;
  const key = ed25519PrivateKey(bytes.subarray(0, ED25519_BYTES));
  const publicBytes = ed25519PublicBytes(key);
  if (!publicBytes.equals(bytes.subarray(ED25519_BYTES))) return undefined;
  return {
    algorithm: 'ed25519',
    publicKey: PUBLIC_PREFIX + publicBytes.toString('base64'),
    sign: (id, seconds, body) => {
      const content = Buffer.concat([Buffer.from(`${id}.${seconds}.`), body]);
      return `v1a,${sign(null, content, key).toString('base64')}`;
    },
  };
}

function hmac(key: KeyObject, id: string, seconds: string, body: Buffer): string {
  return createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64');
}
