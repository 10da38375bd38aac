import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { linearRegex, weighPattern } from './linear-regex.js';

describe('linearRegex', () => {
  it('takes no longer than the text is long, also where a backtracking engine would never return', () => {
    const text = 'a'.repeat(50_000) + '!';
    for (const pattern of ['(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(.*a){20}$', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
      expect(linearRegex(pattern)(text)).toBe(false);
    }
  });

  it('agrees with JavaScript where the syntax is the same', () => {
    const pattern = fc
      .array(
        fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', 'a?', 'b*', '(a|b)+', '(?:ab){2}', '^', '$', '\\d', '\\bb'),
        {
          maxLength: 6,
        },
      )
      .map((parts) => parts.join(''));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '\n', 'é', '😀'), maxLength: 12 });
    // Not `u`: with it V8 14 (Node 26) finds no match of `[^a]$` in 😀.
    fc.assert(
      fc.property(
        pattern,
        text,
        (source, subject) => linearRegex(source)(subject) === new RegExp(source, 'v').test(subject),
      ),
      { numRuns: 500 },
    );
  });

  it('gives the same answer every time', () => {
    const matches = linearRegex('^v\\d+$');
    expect([matches('v1'), matches('w1'), matches('v1'), matches('v')]).toEqual([true, false, true, false]);
  });

  it('survives a broken surrogate pair', () => expect(linearRegex('a$')('\ud800a')).toBe(true));
});

describe('weighPattern', () => {
  it('weighs repetitions by what they expand to', () => {
    expect(weighPattern('ab')).toEqual({ instructions: expect.any(Number) });
    const { instructions } = weighPattern('(?:ab){400}') as { instructions: number };
    expect(instructions).toBeGreaterThan(800);
  });

  it('says what is wrong with a pattern', () => {
    expect(weighPattern('[')).toEqual({ problem: 'must be a pattern RE2 accepts: missing closing ]: `[`' });
    expect(weighPattern('(?:x{1000}){1000}')).toEqual({ problem: expect.stringContaining('RE2') });
  });
});
