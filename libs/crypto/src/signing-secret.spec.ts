import { describe, expect, it } from '@jest/globals';
import { newSigningSecret } from './signing-secret.js';
import { isUsableSecret } from './verify-webhook.js';

describe('newSigningSecret', () => {
  it('is whsec_ and base64 of 32 bytes, as a verifier of Standard Webhooks takes it', () => {
    const secret = newSigningSecret();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(isUsableSecret('standard_webhooks', secret)).toBe(true);
  });

  it('is new each time', () => {
    expect(newSigningSecret()).not.toBe(newSigningSecret());
  });
});
