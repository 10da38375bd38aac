import { describe, expect, it } from '@jest/globals';
import { STANDARD_WEBHOOKS_VECTORS as VECTORS } from '../../../../crypto/test/standard-webhooks-vectors.js';
import { messageSigner } from './message-signer.js';

const { hmac, ed25519 } = VECTORS.sign;
const startedAt = new Date(hmac.timestamp * 1000 + 999);
const delivery = {
  eventId: hmac.id,
  sourceId: 's',
  deliveryId: 'd',
  attempt: 1,
  startedAt,
  eventHeaders: {},
  body: Buffer.from(hmac.body),
  transformed: false,
};

describe('messageSigner', () => {
  it.each([hmac, ed25519])('makes the headers of $signature', ({ secret, id, timestamp, signature }) => {
    expect(messageSigner([{ secret, expiresAt: null }])(delivery)).toEqual({
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature,
    });
  });

  it('signs by every secret that is valid when the try starts, the one in use first', () => {
    const sign = messageSigner([
      { secret: ed25519.secret, expiresAt: null },
      { secret: `whsec_${'A'.repeat(32)}`, expiresAt: startedAt },
      { secret: hmac.secret, expiresAt: new Date(startedAt.getTime() + 1) },
    ]);
    expect(sign(delivery)['webhook-signature']).toBe(`${ed25519.signature} ${hmac.signature}`);
  });

  it('fails when a stored secret cannot be read, without showing it', () => {
    expect(() => messageSigner([{ secret: 'whsec_broken', expiresAt: null }])).toThrow(
      'A stored signing secret cannot be read',
    );
  });
});
