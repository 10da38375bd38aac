import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from './retry-after.js';

// Cases from svix-webhooks worker.rs tests (MIT).
describe('retryAfterMs', () => {
  it.each([
    ['120', 120_000],
    ['120.1', 121_000],
    ['120.6', 121_000],
    ['120.0', 120_000],
  ])('reads %s seconds', (header, expected) => expect(retryAfterMs(header)).toBe(expected));

  it('reads a date', () => {
    const now = Date.parse('2015-10-21T07:27:00Z');
    expect(retryAfterMs('Wed, 21 Oct 2015 07:28:00 GMT', now)).toBe(60_000);
  });

  it('clamps a date in the past and one too far away', () => {
    expect(retryAfterMs('Wed, 21 Oct 2015 07:28:00 GMT', Date.parse('2020-01-01T00:00:00Z'))).toBe(0);
    expect(retryAfterMs('999999999')).toBe(86_400_000);
  });

  it.each([undefined, '', 'invalid'])('ignores %p', (header) => expect(retryAfterMs(header)).toBeUndefined());
});
