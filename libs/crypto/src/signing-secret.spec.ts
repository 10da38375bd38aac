import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { STANDARD_WEBHOOKS_VECTORS as VECTORS } from '../test/standard-webhooks-vectors.js';
import { newSigningSecret, readSigningSecret, SIGNING_ALGORITHMS } from './signing-secret.js';
import { prepareVerification } from './verify-webhook.js';

describe('newSigningSecret', () => {
  it('is whsec_ and base64 of 32 bytes when nothing else is said', () => {
    expect(newSigningSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });

  it('is whsk_ and base64 of 64 bytes for ed25519', () => {
    expect(newSigningSecret('ed25519')).toMatch(/^whsk_[A-Za-z0-9+/]{86}==$/);
  });

  it.each(SIGNING_ALGORITHMS)('is new each time, and can be read: %s', (algorithm) => {
    const [secret, other] = [newSigningSecret(algorithm), newSigningSecret(algorithm)];
    expect(secret).not.toBe(other);
    expect(readSigningSecret(secret)?.algorithm).toBe(algorithm);
  });
});

describe('readSigningSecret', () => {
  const { hmac, ed25519 } = VECTORS.sign;

  it.each([hmac, ed25519])('signs $id as $signature', ({ secret, id, timestamp, body, signature }) => {
    expect(readSigningSecret(secret)?.sign(id, String(timestamp), Buffer.from(body))).toBe(signature);
  });

  it('knows the public key of a private one', () => {
    expect(readSigningSecret(ed25519.secret)).toMatchObject({ algorithm: 'ed25519', publicKey: ed25519.public });
    expect(readSigningSecret(hmac.secret)).toMatchObject({ algorithm: 'hmac_sha256', publicKey: null });
  });

  it.each(VECTORS.secretValid)('reads %s', (secret) => expect(readSigningSecret(secret)).toBeDefined());

  const base64 = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');
  it.each([
    ...VECTORS.secretInvalid,
    '',
    'whsec_',
    'whsk_',
    `whsec_${base64(23)}`,
    `whsec_${base64(65)}`,
    ` ${hmac.secret}`,
    `${hmac.secret} `,
    `${hmac.secret}\n`,
    hmac.secret.slice('whsec_'.length),
    // The same bytes, written in the url alphabet, without padding, and with bits beyond the last byte.
    `whsec_${'-_'.repeat(16)}`,
    `whsec_${base64(25).replaceAll('=', '')}`,
    `whsec_${base64(25).slice(0, -3)}x==`,
    // A public key that is not the seed's.
    `whsk_${base64(64)}`,
    `whsk_${base64(32)}`,
    ed25519.secret.replace('whsk_6', 'whsk_7'),
  ])('refuses %j', (secret) => expect(readSigningSecret(secret)).toBeUndefined());

  it.each([24, 64])('reads %d bytes', (bytes) => {
    expect(readSigningSecret(`whsec_${base64(bytes)}`)).toBeDefined();
  });

  it.each(SIGNING_ALGORITHMS)('makes signatures of any body that verify: %s', (algorithm) => {
    const secret = newSigningSecret(algorithm);
    const key = readSigningSecret(secret)!;
    const verifies = prepareVerification({
      scheme: 'standard_webhooks',
      secret: key.publicKey ?? secret,
      header: null,
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const headers = (signature: string) => ({
          'webhook-id': 'm',
          'webhook-timestamp': '1',
          'webhook-signature': signature,
        });
        const signature = key.sign('m', '1', Buffer.from(bytes));
        return verifies(headers(signature), Buffer.from(bytes), 1).kind === 'verified';
      }),
    );
  });

  it('signs as the libraries and Node verify', () => {
    const body = '{"é":1}';
    const now = String(Math.floor(Date.now() / 1000));
    const secret = newSigningSecret();
    const headers = { 'webhook-id': 'm', 'webhook-timestamp': now };
    const signed = readSigningSecret(secret)!.sign('m', now, Buffer.from(body));
    expect(new Webhook(secret).verify(body, { ...headers, 'webhook-signature': signed })).toEqual({ é: 1 });

    const { publicKey, sign } = readSigningSecret(newSigningSecret('ed25519'))!;
    const x = Buffer.from(publicKey!.slice('whpk_'.length), 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const signature = Buffer.from(sign('m', now, Buffer.from(body)).slice('v1a,'.length), 'base64');
    expect(verify(null, Buffer.from(`m.${now}.${body}`), key, signature)).toBe(true);
  });
});
