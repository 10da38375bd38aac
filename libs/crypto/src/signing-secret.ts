import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A new secret for signing webhooks as Standard Webhooks writes it: `whsec_` and base64 of 32 random bytes. */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}
