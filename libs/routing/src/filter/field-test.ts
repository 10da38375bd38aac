export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** What a rule demands of one field. The operator decides the type of the value it compares with. */
export type FieldTest =
  | { op: 'eq' | 'neq'; value: JsonValue }
  | { op: 'in' | 'not_in'; value: JsonValue[] }
  | { op: 'gt' | 'gte' | 'lt' | 'lte'; value: number }
  | { op: 'contains' | 'starts_with' | 'ends_with' | 'regex'; value: string }
  | { op: 'exists'; value: boolean };

export type FilterOp = FieldTest['op'];

/** Largest value of a rule, in bytes of JSON. */
export const MAX_VALUE_BYTES = 16 * 1024;
/** Levels of arrays and objects in a value; comparing recurses, so the stack must be bounded. */
const MAX_VALUE_DEPTH = 32;

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const TEXT = { accepts: isText, demand: 'must be a string' };
const NUMBER = { accepts: isNumber, demand: 'must be a number' };
const LIST = { accepts: Array.isArray, demand: 'must be an array' };
const ANYTHING = { accepts: () => true, demand: '' };

/** Per operator, the type of its value. */
const VALUES: Record<FilterOp, { accepts: (value: unknown) => boolean; demand: string }> = {
  eq: ANYTHING,
  neq: ANYTHING,
  contains: TEXT,
  gt: NUMBER,
  gte: NUMBER,
  lt: NUMBER,
  lte: NUMBER,
  exists: { accepts: (value) => typeof value === 'boolean', demand: 'must be true or false' },
  in: LIST,
  not_in: LIST,
  starts_with: TEXT,
  ends_with: TEXT,
  regex: TEXT,
};

/** Every operator, in the order the documentation lists them. */
export const FILTER_OPS = Object.keys(VALUES) as FilterOp[];

export function isFilterOp(text: unknown): text is FilterOp {
  return typeof text === 'string' && Object.hasOwn(VALUES, text);
}

/** @returns why the value cannot go with the operator, `undefined` when it can. A regex is only checked to be a string. */
export function valueProblem(op: FilterOp, value: unknown): string | undefined {
  const { accepts, demand } = VALUES[op];
  if (!accepts(value)) return demand;
  const problem = jsonProblem(value, 0);
  if (problem) return problem;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > MAX_VALUE_BYTES ? `must not be longer than ${MAX_VALUE_BYTES} bytes of JSON` : undefined;
}

/** PostgreSQL stores neither NUL nor half of a surrogate pair in jsonb. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** What JSON cannot carry there and back (`1e999` is parsed to Infinity and written as null), or we cannot store or compare. */
function jsonProblem(value: unknown, depth: number): string | undefined {
  if (depth > MAX_VALUE_DEPTH) return `must not nest deeper than ${MAX_VALUE_DEPTH} levels`;
  if (value === null || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'must not hold a number out of range';
  if (typeof value === 'string') return isStorable(value) ? undefined : 'must not hold NUL or unpaired surrogates';
  if (typeof value !== 'object') return 'must be a JSON value';
  const parts: unknown[] = Array.isArray(value) ? value : Object.entries(value).flat();
  // The keys of an object are among its parts: they are stored too.
  for (const part of parts) {
    const problem = jsonProblem(part, depth + 1);
    if (problem) return problem;
  }
  return undefined;
}
