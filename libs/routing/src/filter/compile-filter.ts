import { isDeepStrictEqual } from 'node:util';
import { type FilterableEvent, fieldReader } from './field-path.js';
import { type FieldTest, type JsonValue } from './field-test.js';
import { type FieldRule, type FilterRule } from './filter-rule.js';
import { linearRegex } from '#libs/linear-regex';

export type { FilterableEvent } from './field-path.js';

/** `rule` is the index of the first top-level rule that did not hold. */
export type FilterVerdict = { readonly pass: true } | { readonly pass: false; readonly rule: number };

type Predicate = (event: FilterableEvent) => boolean;
/** Gets `undefined` for a field the event does not have. */
type ValueTest = (value: unknown) => boolean;

const PASS: FilterVerdict = Object.freeze({ pass: true });

/**
 * Compiles a filter, once per connection. All rules must hold; no rules, no objection. The result never throws, and its
 * time is bounded by the size of the filter and of the strings it looks at.
 *
 * * Nothing is coerced: `gt gte lt lte` hold for numbers only, `contains starts_with ends_with regex` for strings only.
 * * `eq` compares scalars exactly, objects and arrays deeply. `neq` and `not_in` are the inverse of `eq` and `in`, so they hold
 *   for a field that is missing. A field that is `null` exists.
 *
 * @param rules from {@link parseFilterRules}
 * @throws when the rules never went through it (unknown field, pattern that is not RE2)
 */
export function compileFilter(rules: FilterRule[]): (event: FilterableEvent) => FilterVerdict {
  const predicates = rules.map(compileRule);
  const failures = rules.map((_, rule): FilterVerdict => Object.freeze({ pass: false, rule }));
  return (event) => {
    for (let i = 0; i < predicates.length; i++) {
      if (!predicates[i]!(event)) return failures[i]!;
    }
    return PASS;
  };
}

/** Whether any rule looks into the body. If none does, the event's JSON need not be parsed. */
export function readsPayload(rules: FilterRule[]): boolean {
  return rules.some((rule) => {
    if ('any' in rule) return readsPayload(rule.any);
    if ('all' in rule) return readsPayload(rule.all);
    if ('not' in rule) return readsPayload([rule.not]);
    return rule.field === 'payload' || rule.field.startsWith('payload.');
  });
}

function compileRule(rule: FilterRule): Predicate {
  if ('any' in rule) return someOf(rule.any.map(compileRule), true);
  if ('all' in rule) return someOf(rule.all.map(compileRule), false);
  if ('not' in rule) {
    const negated = compileRule(rule.not);
    return (event) => !negated(event);
  }
  return compileFieldRule(rule);
}

/** Stops at the first predicate that gives `decisive`: `any` stops at true, `all` at false. */
function someOf(predicates: Predicate[], decisive: boolean): Predicate {
  return (event) => {
    for (const predicate of predicates) {
      if (predicate(event) === decisive) return decisive;
    }
    return !decisive;
  };
}

function compileFieldRule(rule: FieldRule): Predicate {
  const read = fieldReader(rule.field);
  if (!read) throw new TypeError(`A filter rule reads the unknown field '${rule.field}'.`);
  const test = compileTest(rule);
  return (event) => test(read(event));
}

function compileTest(rule: FieldTest): ValueTest {
  switch (rule.op) {
    case 'eq':
      return equalTo(rule.value);
    case 'neq':
      return inverse(equalTo(rule.value));
    case 'in':
      return memberOf(rule.value);
    case 'not_in':
      return inverse(memberOf(rule.value));
    case 'exists': {
      const { value: wanted } = rule;
      return (value) => (value !== undefined) === wanted;
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return comparison(rule.op, rule.value);
    case 'contains':
    case 'starts_with':
    case 'ends_with':
    case 'regex':
      return textTest(rule.op, rule.value);
  }
}

/** Comparisons with NaN are false by themselves. */
function comparison(op: 'gt' | 'gte' | 'lt' | 'lte', bound: number): ValueTest {
  switch (op) {
    case 'gt':
      return (value) => typeof value === 'number' && value > bound;
    case 'gte':
      return (value) => typeof value === 'number' && value >= bound;
    case 'lt':
      return (value) => typeof value === 'number' && value < bound;
    case 'lte':
      return (value) => typeof value === 'number' && value <= bound;
  }
}

function textTest(op: 'contains' | 'starts_with' | 'ends_with' | 'regex', wanted: string): ValueTest {
  switch (op) {
    case 'contains':
      return (value) => typeof value === 'string' && value.includes(wanted);
    case 'starts_with':
      return (value) => typeof value === 'string' && value.startsWith(wanted);
    case 'ends_with':
      return (value) => typeof value === 'string' && value.endsWith(wanted);
    case 'regex': {
      const matches = linearRegex(wanted);
      return (value) => typeof value === 'string' && matches(value);
    }
  }
}

function equalTo(expected: JsonValue): ValueTest {
  if (typeof expected !== 'object' || expected === null) return (value) => value === expected;
  return (value) => typeof value === 'object' && isDeepStrictEqual(value, expected);
}

function memberOf(list: JsonValue[]): ValueTest {
  const scalars = new Set<unknown>(list.filter((item) => typeof item !== 'object' || item === null));
  const structures = list.filter((item) => typeof item === 'object' && item !== null).map(equalTo);
  return (value) => scalars.has(value) || structures.some((equals) => equals(value));
}

const inverse =
  (test: ValueTest): ValueTest =>
  (value) =>
    !test(value);
