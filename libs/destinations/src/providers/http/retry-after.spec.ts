import { describe, expect, it } from '@jest/globals';
import { STANDARD_WEBHOOKS_VECTORS as VECTORS } from '../../../../crypto/test/standard-webhooks-vectors.js';
import { retryAfterMs } from './retry-after.js';

describe('retryAfterMs', () => {
  it.each(VECTORS.retryAfter)('reads %p as %p', (header, expected) => expect(retryAfterMs(header)).toBe(expected));

  it('reads a date', () => {
    const now = Date.parse('2015-10-21T07:27:00Z');
    expect(retryAfterMs(VECTORS.retryAfterDate, now)).toBe(60_000);
  });

  it('clamps a date in the past and one too far away', () => {
    expect(retryAfterMs(VECTORS.retryAfterDate, Date.parse('2020-01-01T00:00:00Z'))).toBe(0);
    expect(retryAfterMs('999999999')).toBe(86_400_000);
  });

  it('ignores an empty one', () => expect(retryAfterMs('')).toBeUndefined());
});
