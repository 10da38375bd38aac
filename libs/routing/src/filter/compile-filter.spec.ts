import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { compileFilter, type FilterableEvent, readsPayload } from './compile-filter.js';
import { type JsonValue } from './field-test.js';
import { type FilterRule, parseFilterRules } from './filter-rule.js';

const event = (over: Partial<FilterableEvent> = {}): FilterableEvent => ({
  payload: undefined,
  headers: {},
  method: 'POST',
  contentType: null,
  sourceIp: null,
  ...over,
});

/** Whether one rule, as a client writes it, holds for a payload. */
const holds = (
  rule: Record<string, unknown>,
  payload: unknown = undefined,
  over: Partial<FilterableEvent> = {},
): boolean => {
  const parsed = parseFilterRules([rule]);
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors));
  return compileFilter(parsed.rules)(event({ payload, ...over })).pass;
};

describe('the documented example', () => {
  const accepts = compileFilter([
    { field: 'headers.x-github-event', op: 'in', value: ['push', 'pull_request'] },
    { field: 'payload.repository.private', op: 'eq', value: false },
  ]);
  const push = event({ headers: { 'x-github-event': 'push' }, payload: { repository: { private: false } } });

  it('passes when all rules hold', () => expect(accepts(push)).toEqual({ pass: true }));

  it('names the first rule that does not', () => {
    expect(accepts({ ...push, headers: { 'x-github-event': 'star' } })).toEqual({ pass: false, rule: 0 });
    expect(accepts({ ...push, payload: { repository: { private: true } } })).toEqual({ pass: false, rule: 1 });
    expect(accepts(event())).toEqual({ pass: false, rule: 0 });
  });

  it('has no objection without rules', () => expect(compileFilter([])(event())).toEqual({ pass: true }));
});

describe('operators', () => {
  const field = 'payload.a';

  it.each<[string, JsonValue, unknown, boolean]>([
    ['eq', 'x', 'x', true],
    ['eq', 'x', 'X', false],
    ['eq', 1, '1', false],
    ['eq', '1', 1, false],
    ['eq', true, 1, false],
    ['eq', 0, -0, true],
    ['eq', null, null, true],
    ['eq', null, undefined, false],
    ['eq', null, 0, false],
    ['eq', [1, { b: 2 }], [1, { b: 2 }], true],
    ['eq', [1, { b: 2 }], [1, { b: '2' }], false],
    ['eq', { b: 1, c: 2 }, { c: 2, b: 1 }, true],
    ['eq', { b: 1 }, { b: 1, c: 2 }, false],
    ['eq', {}, [], false],
    ['eq', {}, null, false],
    ['neq', 'x', 'x', false],
    ['neq', 'x', 'y', true],
    ['neq', 'x', undefined, true],
    ['neq', null, null, false],
    ['contains', 'orde', 'order', true],
    ['contains', 'Orde', 'order', false],
    ['contains', '1', 212, false],
    ['contains', 'x', ['x'], false],
    ['contains', 'x', undefined, false],
    ['starts_with', 'or', 'order', true],
    ['starts_with', 'der', 'order', false],
    ['starts_with', '1', 12, false],
    ['ends_with', 'der', 'order', true],
    ['ends_with', 'or', 'order', false],
    ['ends_with', 'x', ['x'], false],
    ['regex', 'r..e', 'order', false],
    ['regex', 'r.?e', 'order', true],
    ['regex', '^(order|invoice)\\.', 'invoice.paid', true],
    ['regex', '(?i)ORDER', 'an order', true],
    ['regex', '', '', true],
    ['regex', '1', 1, false],
    ['regex', '.*', undefined, false],
    ['gt', 5, 6, true],
    ['gt', 5, 5, false],
    ['gt', 5, '6', false],
    ['gt', 5, [6], false],
    ['gt', 5, NaN, false],
    ['gt', -1, null, false],
    ['gt', -1, true, false],
    ['gte', 5, 5, true],
    ['gte', 5, 4.9, false],
    ['lt', 5, 4, true],
    ['lt', 5, 5, false],
    ['lt', 5, undefined, false],
    ['lt', 5, null, false],
    ['lt', 5, '', false],
    ['lte', 5, 5, true],
    ['lte', 5, NaN, false],
    ['exists', true, null, true],
    ['exists', true, 0, true],
    ['exists', true, undefined, false],
    ['exists', false, undefined, true],
    ['exists', false, '', false],
    ['in', ['a', 1, null], 1, true],
    ['in', ['a', 1, null], '1', false],
    ['in', ['a', 1, null], null, true],
    ['in', ['a', 1, null], undefined, false],
    ['in', [[1], { b: 1 }], { b: 1 }, true],
    ['in', [[1], { b: 1 }], [2], false],
    ['in', [], 'a', false],
    ['not_in', ['a'], 'a', false],
    ['not_in', ['a'], 'b', true],
    ['not_in', ['a'], undefined, true],
  ])('%s %j of %j is %s', (op, value, actual, expected) => {
    expect(holds({ field, op, value }, actual === undefined ? {} : { a: actual })).toBe(expected);
  });
});

describe('fields', () => {
  const payload: unknown = JSON.parse(
    '{"items":[{"sku":"A"},{"sku":"B"}],"Name":"n","a":{"0":"zero"},"text":"abc","own":{"__proto__":{"x":1}}}',
  );
  const has = (path: string): boolean => holds({ field: path, op: 'exists', value: true }, payload);

  it.each(['payload', 'payload.items.0.sku', 'payload.items.1', 'payload.a.0', 'payload.own.__proto__.x', 'body.Name'])(
    'finds %s',
    (path) => expect(has(path)).toBe(true),
  );

  it.each([
    'payload.name',
    'payload.items.2',
    'payload.items.-1',
    'payload.items.01',
    'payload.items.length',
    'payload.items.0.sku.0',
    'payload.text.length',
    'payload.text.0',
    'payload.__proto__',
    'payload.constructor',
    'payload.constructor.name',
    'payload.toString',
    'payload.items.constructor',
    'payload.a.b.c.d',
  ])('does not find %s', (path) => expect(has(path)).toBe(false));

  it('compares a payload that is not an object', () => {
    expect(holds({ field: 'payload', op: 'contains', value: 'ell' }, 'hello')).toBe(true);
    expect(holds({ field: 'payload.a', op: 'exists', value: true }, null)).toBe(false);
    expect(holds({ field: 'payload', op: 'exists', value: true }, undefined)).toBe(false);
  });

  it('looks headers up in any case', () => {
    for (const name of ['x-topic', 'X-Topic', 'X-TOPIC']) {
      for (const given of ['x-topic', 'X-Topic']) {
        expect(
          holds({ field: `headers.${name}`, op: 'eq', value: 'a' }, undefined, { headers: { [given]: 'a' } }),
        ).toBe(true);
      }
    }
    expect(holds({ field: 'headers.a.b', op: 'eq', value: 'c' }, undefined, { headers: { 'a.b': 'c' } })).toBe(true);
    expect(holds({ field: 'headers.constructor', op: 'exists', value: true })).toBe(false);
    expect(
      holds({ field: 'headers.x-topic', op: 'exists', value: true }, undefined, { headers: { 'x-tonic': '' } }),
    ).toBe(false);
  });

  it('reads the method, content type and source address', () => {
    const over = { method: 'PUT', contentType: 'application/json; charset=utf-8', sourceIp: '192.0.2.7' };
    expect(holds({ field: 'method', op: 'in', value: ['PUT', 'PATCH'] }, undefined, over)).toBe(true);
    expect(holds({ field: 'content_type', op: 'starts_with', value: 'application/json' }, undefined, over)).toBe(true);
    expect(holds({ field: 'source_ip', op: 'regex', value: '^192\\.0\\.2\\.' }, undefined, over)).toBe(true);
    expect(holds({ field: 'content_type', op: 'exists', value: false })).toBe(true);
    expect(holds({ field: 'source_ip', op: 'exists', value: false })).toBe(true);
  });
});

describe('groups', () => {
  const is = (value: string): FilterRule => ({ field: 'payload', op: 'eq', value });

  it('report the top-level rule that holds them', () => {
    const accepts = compileFilter([is('a'), { any: [is('b'), { not: is('a') }] }]);
    expect(accepts(event({ payload: 'a' }))).toEqual({ pass: false, rule: 1 });
  });

  it.each<[FilterRule[], boolean]>([
    [[], false],
    [[is('a')], true],
    [[{ field: 'payload', op: 'exists', value: true }], true],
    [[{ field: 'payload.x', op: 'exists', value: true }], true],
    [
      [
        { field: 'headers.payload.x', op: 'exists', value: true },
        { field: 'method', op: 'eq', value: '' },
      ],
      false,
    ],
    [[{ any: [{ all: [{ not: { field: 'payload.x', op: 'gt', value: 1 } }] }] }], true],
    [[{ any: [{ all: [{ not: { field: 'source_ip', op: 'eq', value: '' } }] }] }], false],
  ])('%j needs the payload: %s', (rules, expected) => {
    expect(readsPayload(rules)).toBe(expected);
  });
});

describe('any filter on any JSON', () => {
  const parsed = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;
  const json = fc.jsonValue({ maxDepth: 3 }).map(parsed);
  const field = fc.constantFrom(
    'payload',
    'payload.a',
    'payload.a.0',
    'payload.0.b',
    'headers.h',
    'method',
    'source_ip',
  );
  const scalar = fc.constantFrom<JsonValue>('', 'a', 'ab', 0, 1, true, null);
  const text = fc.string({ maxLength: 3 });
  const test = fc.oneof(
    fc.record({ op: fc.constantFrom('eq', 'neq'), value: fc.oneof(scalar, json) }),
    fc.record({ op: fc.constantFrom('in', 'not_in'), value: fc.array(fc.oneof(scalar, json), { maxLength: 3 }) }),
    fc.record({
      op: fc.constantFrom('gt', 'gte', 'lt', 'lte'),
      value: fc.double({ noNaN: true, noDefaultInfinity: true }),
    }),
    fc.record({ op: fc.constantFrom('contains', 'starts_with', 'ends_with'), value: text }),
    fc.record({ op: fc.constant('regex'), value: fc.constantFrom('a', '^a?b*$', '(?i)[A-C]+', '\\d') }),
    fc.record({ op: fc.constant('exists'), value: fc.boolean() }),
  );
  const leaf = fc.tuple(field, test).map(([path, rest]) => ({ field: path, ...rest }));
  const { rule } = fc.letrec<{ rule: FilterRule; list: FilterRule[] }>((tie) => ({
    rule: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.record({ any: tie('list') }),
      fc.record({ all: tie('list') }),
      fc.record({ not: tie('rule') }),
    ),
    list: fc.array(tie('rule'), { maxLength: 4 }),
  }));
  const payload = fc.oneof(
    scalar,
    json,
    fc.record({ a: fc.oneof(scalar, json, fc.array(scalar)) }),
    fc.array(fc.record({ b: scalar })),
    fc.constant(undefined),
  );
  const anyEvent = fc.record({
    payload,
    headers: fc.dictionary(fc.constantFrom('h', 'H', 'other'), fc.string({ maxLength: 2 })),
    method: fc.constantFrom('GET', 'POST'),
    contentType: fc.constant(null),
    sourceIp: fc.option(fc.ipV4()),
  });
  const passes = (one: FilterRule, given: FilterableEvent): boolean => compileFilter([one])(given).pass;

  it('never throws, and gives the index of the first rule that fails alone', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), anyEvent, (rules, given) => {
        const index = rules.findIndex((one) => !passes(one, given));
        return isDeepStrictEqual(
          compileFilter(rules)(given),
          index < 0 ? { pass: true } : { pass: false, rule: index },
        );
      }),
    );
  });

  it('any is some, all is every, not is not', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), rule, anyEvent, (rules, one, given) => {
        expect(passes({ any: rules }, given)).toBe(rules.some((each) => passes(each, given)));
        expect(passes({ all: rules }, given)).toBe(rules.every((each) => passes(each, given)));
        expect(passes({ not: one }, given)).toBe(!passes(one, given));
        expect(passes({ not: { not: one } }, given)).toBe(passes(one, given));
      }),
    );
  });

  it('neq is not eq, not_in is not in, in is eq of any member', () => {
    fc.assert(
      fc.property(field, fc.array(fc.oneof(scalar, json), { maxLength: 4 }), anyEvent, (path, list, given) => {
        const eq = list.map((value): FilterRule => ({ field: path, op: 'eq', value }));
        const neq = list.map((value): FilterRule => ({ field: path, op: 'neq', value }));
        expect(passes({ field: path, op: 'in', value: list }, given)).toBe(passes({ any: eq }, given));
        expect(passes({ field: path, op: 'not_in', value: list }, given)).toBe(passes({ all: neq }, given));
      }),
    );
  });

  it('eq finds every value a payload is made of', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(passes({ field: 'payload.a.0', op: 'eq', value }, event({ payload: { a: [parsed(value)] } }))).toBe(
          true,
        );
      }),
    );
  });

  it('gives the same verdict without a payload when no rule reads it', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), anyEvent, (rules, given) => {
        fc.pre(!readsPayload(rules));
        const accepts = compileFilter(rules);
        expect(accepts({ ...given, payload: undefined })).toEqual(accepts(given));
      }),
    );
  });
});
