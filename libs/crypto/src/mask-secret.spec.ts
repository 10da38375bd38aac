import { describe, expect, it } from '@jest/globals';
import { isMasked, maskSecret } from './mask-secret.js';

describe('maskSecret', () => {
  it('shows the last 4 characters of a secret of 12 or more', () => {
    expect(maskSecret('abcdefgh1234')).toBe('****1234');
  });

  it('shows nothing of a shorter secret', () => {
    expect(maskSecret('abcdefg1234')).toBe('****');
    expect(maskSecret('')).toBe('****');
  });

  it('counts and keeps whole characters', () => {
    expect(maskSecret('abcdefgh123😀')).toBe('****123😀');
    expect(maskSecret('😀😀😀😀😀😀')).toBe('****');
  });
});

describe('isMasked', () => {
  it.each(['', 'short', 'abcdefgh1234', 'abcdefgh123😀'])('knows %j when it is masked', (secret) => {
    expect(isMasked(maskSecret(secret))).toBe(true);
    expect(isMasked(secret)).toBe(false);
  });

  it('does not take other text with stars for a mask', () => {
    for (const text of ['***', '*****', '****12345', ' ****1234']) expect(isMasked(text)).toBe(false);
  });
});
