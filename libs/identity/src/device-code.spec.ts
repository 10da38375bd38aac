import { describe, expect, it } from '@jest/globals';
import { newDeviceCode, parseDeviceCode } from './device-code.js';

describe('device codes', () => {
  it('have two groups of four characters that do not look alike, and differ', () => {
    const codes = Array.from({ length: 1000 }, newDeviceCode);
    for (const code of codes) expect(code).toMatch(/^[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}$/);
    expect(new Set(codes).size).toBe(1000);
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(31);
  });

  it.each([
    ['ABCD-EFGH', 'ABCD-EFGH'],
    [' abcdefgh ', 'ABCD-EFGH'],
    ['ABCD-EFG', undefined],
    ['ABCD-EFG0', undefined],
    ['ABCD--EFGH', undefined],
    ['', undefined],
  ])('reads %j as %s', (text, code) => {
    expect(parseDeviceCode(text)).toBe(code);
  });
});
