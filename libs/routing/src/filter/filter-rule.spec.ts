import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileFilter } from './compile-filter.js';
import { parseFilterRules } from './filter-rule.js';

const errorsOf = (input: unknown): { field: string; message: string }[] => {
  const result = parseFilterRules(input);
  return 'errors' in result ? result.errors : [];
};
const rule = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  field: 'payload.type',
  op: 'eq',
  value: 'order',
  ...over,
});
const nest = (levels: number): unknown => (levels === 0 ? rule() : { not: nest(levels - 1) });

describe('parseFilterRules', () => {
  it('reads the documented example unchanged', () => {
    const rules = [
      { field: 'headers.x-github-event', op: 'in', value: ['push', 'pull_request'] },
      { field: 'payload.repository.private', op: 'eq', value: false },
    ];
    expect(parseFilterRules(rules)).toEqual({ rules });
  });

  it('reads every field, every operator and every group', () => {
    const rules = [
      { any: [rule({ field: 'payload' }), rule({ field: 'method', op: 'neq' })] },
      {
        all: [
          rule({ field: 'content_type', op: 'contains' }),
          { not: rule({ field: 'source_ip', op: 'exists', value: true }) },
        ],
      },
      ...['gt', 'gte', 'lt', 'lte'].map((op) => rule({ op, value: 1.5 })),
      ...['starts_with', 'ends_with', 'regex'].map((op) => rule({ op })),
      ...['in', 'not_in'].map((op) => rule({ op, value: [1, null, { a: [] }] })),
      ...[null, [], {}, -1, true].map((value) => rule({ value })),
      rule({ field: 'payload.items.0.sku' }),
      rule({ field: 'headers.x.with.dots' }),
    ];
    expect(parseFilterRules(rules)).toEqual({ rules });
    expect(parseFilterRules([])).toEqual({ rules: [] });
  });

  it('writes the aliases as what they stand for, and accepts its own output', () => {
    const { rules } = parseFilterRules([
      { field: 'body.type', operator: 'eq', value: 1 },
      { not: { field: 'body', operator: 'exists', value: true } },
      { field: 'headers.body.x', op: 'eq', value: 1 },
    ]) as { rules: unknown };
    expect(rules).toEqual([
      { field: 'payload.type', op: 'eq', value: 1 },
      { not: { field: 'payload', op: 'exists', value: true } },
      { field: 'headers.body.x', op: 'eq', value: 1 },
    ]);
    expect(parseFilterRules(rules)).toEqual({ rules });
  });

  it.each<[string, unknown, string, RegExp]>([
    ['no array', { field: 'method' }, 'filter_rules', /^must be an array of rules$/],
    ['null', null, 'filter_rules', /array/],
    ['a rule that is no object', [rule(), 'x'], 'filter_rules[1]', /^must be an object$/],
    ['a rule that is an array', [[]], 'filter_rules[0]', /object/],
    ['a missing field', [rule({ field: undefined })], 'filter_rules[0].field', /^is required$/],
    ['a field that is no string', [rule({ field: 7 })], 'filter_rules[0].field', /^must be a string$/],
    ['an unknown root', [rule({ field: 'type' })], 'filter_rules[0].field', /^must be payload, payload\.<path>/],
    ['a root that only begins well', [rule({ field: 'payloads.a' })], 'filter_rules[0].field', /must be payload/],
    ['headers without a name', [rule({ field: 'headers.' })], 'filter_rules[0].field', /must be payload/],
    ['all headers', [rule({ field: 'headers' })], 'filter_rules[0].field', /must be payload/],
    [
      'an empty segment',
      [rule({ field: 'payload.a..b' })],
      'filter_rules[0].field',
      /^must not have an empty segment$/,
    ],
    ['a long path', [rule({ field: 'payload.' + 'a'.repeat(505) })], 'filter_rules[0].field', /512 characters/],
    ['an alias that gets long', [rule({ field: 'body.' + 'a'.repeat(505) })], 'filter_rules[0].field', /512/],
    ['NUL in a path', [rule({ field: 'payload.a\0' })], 'filter_rules[0].field', /NUL/],
    ['a missing op', [rule({ op: undefined })], 'filter_rules[0].op', /^is required$/],
    ['an unknown op', [rule({ op: 'like' })], 'filter_rules[0].op', /^must be one of eq, neq, contains, gt/],
    ['an inherited op', [rule({ op: 'toString' })], 'filter_rules[0].op', /must be one of/],
    ['an unknown operator', [rule({ op: undefined, operator: 1 })], 'filter_rules[0].operator', /must be one of/],
    ['both op and operator', [rule({ operator: 'eq' })], 'filter_rules[0].operator', /^cannot stand beside op$/],
    ['a missing value', [rule({ value: undefined })], 'filter_rules[0].value', /^is required$/],
    ['in without an array', [rule({ op: 'in' })], 'filter_rules[0].value', /^must be an array$/],
    ['not_in without an array', [rule({ op: 'not_in', value: {} })], 'filter_rules[0].value', /array/],
    ['gt of a string', [rule({ op: 'gt', value: '5' })], 'filter_rules[0].value', /^must be a number$/],
    ['a number out of range', [rule({ op: 'lte', value: JSON.parse('1e999') })], 'filter_rules[0].value', /range/],
    ['contains of a number', [rule({ op: 'contains', value: 5 })], 'filter_rules[0].value', /^must be a string$/],
    ['starts_with of null', [rule({ op: 'starts_with', value: null })], 'filter_rules[0].value', /string/],
    ['ends_with of an array', [rule({ op: 'ends_with', value: ['x'] })], 'filter_rules[0].value', /string/],
    ['exists of 1', [rule({ op: 'exists', value: 1 })], 'filter_rules[0].value', /^must be true or false$/],
    ['regex of a number', [rule({ op: 'regex', value: 1 })], 'filter_rules[0].value', /^must be a string$/],
    [
      'a broken regex',
      [rule({ op: 'regex', value: '(a' })],
      'filter_rules[0].value',
      /RE2 accepts: missing closing \)/,
    ],
    ['a back-reference', [rule({ op: 'regex', value: '(a)\\1' })], 'filter_rules[0].value', /RE2 accepts/],
    ['a look-ahead', [rule({ op: 'regex', value: 'a(?=b)' })], 'filter_rules[0].value', /RE2 accepts/],
    ['a long regex', [rule({ op: 'regex', value: 'a'.repeat(1_001) })], 'filter_rules[0].value', /1000 characters/],
    ['a large regex', [rule({ op: 'regex', value: '\\pL{1000}x{9}' })], 'filter_rules[0].value', /^must be simpler/],
    ['a large value', [rule({ value: 'é'.repeat(8_192) })], 'filter_rules[0].value', /16384 bytes/],
    ['a large array', [rule({ op: 'in', value: Array(9_000).fill(1) })], 'filter_rules[0].value', /16384 bytes/],
    ['a deep value', [rule({ value: JSON.parse('['.repeat(99) + ']'.repeat(99)) })], 'filter_rules[0].value', /deeper/],
    ['NUL in a value', [rule({ value: { a: ['\0'] } })], 'filter_rules[0].value', /NUL/],
    ['half a surrogate pair as key', [rule({ value: { '\ud800': 1 } })], 'filter_rules[0].value', /surrogates/],
    ['an unknown key', [rule({ negate: true })], 'filter_rules[0].negate', /^is not a field of a rule$/],
    ['a key beside a group', [{ any: [rule()], op: 'eq' }], 'filter_rules[0].op', /^cannot stand beside any$/],
    ['two groups in one rule', [{ not: rule(), all: [] }], 'filter_rules[0].not', /^cannot stand beside all$/],
    ['a group that is no array', [{ any: rule() }], 'filter_rules[0].any', /^must be an array of rules$/],
    ['a group with nothing in it', [{ any: [] }], 'filter_rules[0].any', /^must hold at least one rule$/],
    ['not of an array', [{ not: [rule()] }], 'filter_rules[0].not', /^must be an object$/],
    [
      'an error within groups',
      [{ any: [rule(), { all: [{ not: rule({ op: 'x' }) }] }] }],
      'filter_rules[0].any[1].all[0].not.op',
      /one of/,
    ],
    ['groups six deep', [nest(6)], 'filter_rules[0].not.not.not.not.not', /deeper than 5 levels/],
    ['101 rules', Array(101).fill(rule()), 'filter_rules', /more than 100 rules/],
    ['101 rules with the group', [{ all: Array(100).fill(rule()) }], 'filter_rules', /more than 100 rules/],
  ])('refuses %s', (_, input, field, message) => {
    const errors = errorsOf(input);
    expect(errors.map((error) => error.field)).toContain(field);
    expect(errors.find((error) => error.field === field)?.message).toMatch(message);
  });

  it('accepts what is just within the limits', () => {
    expect(errorsOf([nest(5)])).toEqual([]);
    expect(errorsOf([{ all: Array(99).fill(rule()) }])).toEqual([]);
    expect(errorsOf([rule({ field: 'payload.' + 'a'.repeat(504) })])).toEqual([]);
    expect(errorsOf([rule({ value: 'a'.repeat(16_382) })])).toEqual([]);
    expect(errorsOf([rule({ op: 'regex', value: '(?i)^order\\.(created|updated|deleted)$' })])).toEqual([]);
  });

  it('names every error at once', () => {
    const errors = errorsOf([{ feild: 'x', op: 'is' }, rule({ op: 'gt' })]);
    expect(errors.map((error) => error.field)).toEqual([
      'filter_rules[0].feild',
      'filter_rules[0].field',
      'filter_rules[0].op',
      'filter_rules[0].value',
      'filter_rules[1].value',
    ]);
  });

  it('counts all regular expressions of a filter together and says so once per rule', () => {
    const patterns = Array(100).fill(rule({ op: 'regex', value: 'x{300}' }));
    const errors = errorsOf(patterns);
    expect(errors[0]?.field).toBe('filter_rules[3].value');
    expect(errors).toHaveLength(97);
  });

  it('survives any JSON, and what it accepts survives storage and compiles', () => {
    const key = fc.constantFrom('field', 'op', 'operator', 'value', 'any', 'all', 'not', '__proto__', 'x');
    const leaf = fc.oneof(
      fc.constantFrom('payload.a', 'body', 'headers.h', 'method', 'eq', 'in', 'regex', 'exists', 'gt', '(a|b)+'),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const { input } = fc.letrec((tie) => ({
      input: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('input'), { maxLength: 3 }),
        fc.dictionary(key, tie('input')),
      ),
    }));
    fc.assert(
      fc.property(fc.array(input, { maxLength: 3 }), (given) => {
        const result = parseFilterRules(given);
        if ('errors' in result) return result.errors.length > 0;
        const stored: unknown = JSON.parse(JSON.stringify(result.rules));
        expect(parseFilterRules(stored)).toEqual({ rules: stored });
        compileFilter(result.rules);
        return true;
      }),
      { numRuns: 300 },
    );
  });

  it('refuses nesting that would exhaust the stack', () => {
    const levels = 100_000;
    const deep: unknown = JSON.parse('{"not":'.repeat(levels) + '1' + '}'.repeat(levels));
    expect(errorsOf([deep])).toHaveLength(1);
    expect(errorsOf([rule({ value: JSON.parse('['.repeat(levels) + ']'.repeat(levels)) })])).toHaveLength(1);
  });
});
