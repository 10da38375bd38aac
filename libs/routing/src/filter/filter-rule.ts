import { type FieldError } from '#libs/errors';
import { fieldPathProblem, normalizeFieldPath } from './field-path.js';
import { FILTER_OPS, isFilterOp, isStorable, type FieldTest, valueProblem } from './field-test.js';
import { weighPattern } from '#libs/linear-regex';

/** A test of one field, by path: `payload`, `payload.<path>`, `headers.<name>`, `method`, `content_type`, `source_ip`. */
export type FieldRule = { field: string } & FieldTest;

/** One rule of a filter, in the form it is stored: without aliases. `any` and `all` hold at least one rule. */
export type FilterRule = FieldRule | { any: FilterRule[] } | { all: FilterRule[] } | { not: FilterRule };

/** Rules in a filter, groups and what they hold included. */
export const MAX_RULES = 100;
/** Groups (`any`, `all`, `not`) around a rule. */
export const MAX_GROUP_DEPTH = 5;
/** Size of all regular expressions of a filter together: a 10 KiB text then costs 0.1 s at the very worst. */
export const MAX_REGEX_INSTRUCTIONS = 1_000;

/** What parsing one filter adds up. */
interface Tally {
  /** Name of the field that holds the filter. */
  field: string;
  errors: FieldError[];
  rules: number;
  regexInstructions: number;
}

/**
 * Reads the filter of a request: validates everything, writes `operator` as `op` and `body` as `payload`.
 *
 * @param input an array of rules, as parsed from JSON
 * @param field of the request that holds it
 * @returns the rules, or every error with its path, such as `filter_rules[0].any[1].op`
 */
export function parseFilterRules(
  input: unknown,
  field = 'filter_rules',
): { rules: FilterRule[] } | { errors: FieldError[] } {
  const tally: Tally = { field, errors: [], rules: 0, regexInstructions: 0 };
  const rules = parseList(input, field, 0, tally);
  return tally.errors.length > 0 ? { errors: tally.errors } : { rules };
}

function parseList(input: unknown, path: string, depth: number, tally: Tally): FilterRule[] {
  if (!Array.isArray(input)) {
    tally.errors.push({ field: path, message: 'must be an array of rules' });
    return [];
  }
  return input.flatMap((item: unknown, index) => parseRule(item, `${path}[${index}]`, depth, tally) ?? []);
}

/** @returns `undefined` when there is an error, which is then in the tally */
function parseRule(input: unknown, path: string, depth: number, tally: Tally): FilterRule | undefined {
  tally.rules += 1;
  if (tally.rules > MAX_RULES) {
    const message = `must not hold more than ${MAX_RULES} rules, nested ones included`;
    if (tally.rules === MAX_RULES + 1) tally.errors.push({ field: tally.field, message });
    return undefined;
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    tally.errors.push({ field: path, message: 'must be an object' });
    return undefined;
  }
  const rule = input as Record<string, unknown>;
  const group = (['any', 'all', 'not'] as const).find((key) => Object.hasOwn(rule, key));
  return group ? parseGroup(group, rule, path, depth + 1, tally) : parseFieldRule(rule, path, tally);
}

function parseGroup(
  group: 'any' | 'all' | 'not',
  rule: Record<string, unknown>,
  path: string,
  depth: number,
  tally: Tally,
): FilterRule | undefined {
  if (depth > MAX_GROUP_DEPTH) {
    tally.errors.push({ field: path, message: `must not nest any, all and not deeper than ${MAX_GROUP_DEPTH} levels` });
    return undefined;
  }
  refuseOtherKeys(rule, [group], path, `cannot stand beside ${group}`, tally);
  const inner = `${path}.${group}`;
  if (group === 'not') {
    const negated = parseRule(rule.not, inner, depth, tally);
    return negated && { not: negated };
  }
  const rules = parseList(rule[group], inner, depth, tally);
  // An empty `any` would hold back every event and look as if it did nothing.
  if (Array.isArray(rule[group]) && rule[group].length === 0) {
    tally.errors.push({ field: inner, message: 'must hold at least one rule' });
  }
  return group === 'any' ? { any: rules } : { all: rules };
}

type Refuse = (key: string, message: string) => void;

function parseFieldRule(rule: Record<string, unknown>, path: string, tally: Tally): FieldRule | undefined {
  const errorsBefore = tally.errors.length;
  const refuse: Refuse = (key, message) => void tally.errors.push({ field: `${path}.${key}`, message });
  refuseOtherKeys(rule, ['field', 'op', 'operator', 'value'], path, 'is not a field of a rule', tally);
  const field = parseField(rule.field, refuse);
  const test = parseTest(rule, refuse, tally);
  return tally.errors.length === errorsBefore ? { field: field!, ...test! } : undefined;
}

function parseField(given: unknown, refuse: Refuse): string | undefined {
  if (typeof given !== 'string') {
    refuse('field', given === undefined ? 'is required' : 'must be a string');
    return undefined;
  }
  const path = normalizeFieldPath(given);
  const problem = isStorable(path) ? fieldPathProblem(path) : 'must not hold NUL or unpaired surrogates';
  if (problem) refuse('field', problem);
  return path;
}

function parseTest(rule: Record<string, unknown>, refuse: Refuse, tally: Tally): FieldTest | undefined {
  if (rule.op !== undefined && rule.operator !== undefined) refuse('operator', 'cannot stand beside op');
  const opKey = rule.op === undefined && rule.operator !== undefined ? 'operator' : 'op';
  const { [opKey]: op, value } = rule;
  if (op === undefined) refuse('op', 'is required');
  else if (!isFilterOp(op)) refuse(opKey, `must be one of ${FILTER_OPS.join(', ')}`);
  if (value === undefined) refuse('value', 'is required');
  if (!isFilterOp(op) || value === undefined) return undefined;

  const problem = valueProblem(op, value) ?? (op === 'regex' ? regexProblem(value as string, tally) : undefined);
  if (problem) refuse('value', problem);
  return { op, value } as FieldTest;
}

/** Once the filter's allowance is used up no further pattern is compiled: compiling is what a hostile filter makes expensive. */
function regexProblem(pattern: string, tally: Tally): string | undefined {
  const tooLarge = 'must be simpler: the regular expressions of the filter are too large';
  if (tally.regexInstructions > MAX_REGEX_INSTRUCTIONS) return tooLarge;
  const weight = weighPattern(pattern);
  if ('problem' in weight) return weight.problem;
  tally.regexInstructions += weight.instructions;
  return tally.regexInstructions > MAX_REGEX_INSTRUCTIONS ? tooLarge : undefined;
}

function refuseOtherKeys(
  rule: Record<string, unknown>,
  known: string[],
  path: string,
  message: string,
  tally: Tally,
): void {
  for (const key of Object.keys(rule)) {
    if (!known.includes(key)) tally.errors.push({ field: `${path}.${key}`, message });
  }
}
