import { readSigningSecret } from '#libs/crypto';
import { type OutgoingDelivery } from '../../provider.js';

/** A secret that messages are signed with. */
export interface MessageSecret {
  /** In the clear; its prefix says the algorithm: `whsec_` or `whsk_`. */
  secret: string;
  /** Null for the one in use; a replaced one signs until then. */
  expiresAt: Date | null;
}

/**
 * Prepares signing by the Standard Webhooks specification 1.0: an id that stays the same over retries, the time of the
 * try, and a signature by each secret that is valid then.
 *
 * @param secrets the one in use first
 * @returns the headers of a delivery, lower-case names
 */
export function messageSigner(
  secrets: readonly MessageSecret[],
): (delivery: OutgoingDelivery) => Record<string, string> {
  const keys = secrets.map(({ secret, expiresAt }) => ({ key: keyOf(secret), expiresAt }));
  return ({ eventId, startedAt, body }) => {
    const seconds = String(Math.floor(startedAt.getTime() / 1000));
    const signatures = keys
      .filter(({ expiresAt }) => !expiresAt || startedAt < expiresAt)
      .map(({ key }) => key.sign(eventId, seconds, body));
    return { 'webhook-id': eventId, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') };
  };
}

function keyOf(secret: string) {
  const key = readSigningSecret(secret);
  if (!key) throw new Error('A stored signing secret cannot be read');
  return key;
}
