import { type FieldError } from '#libs/errors';

/**
 * Levels of arrays and objects in a request. What reads it recurses, so the stack must be bounded; the deepest filter that
 * is valid has about 50.
 */
const MAX_DEPTH = 64;

/** Names that reach an object's prototype when somebody assigns to them. */
const UNSAFE_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/** A value within a request and where it is. */
interface Part {
  path: string;
  /** The last segment of the path; empty within an array. */
  name: string;
  depth: number;
  value: unknown;
}

/**
 * What of a request is valid JSON but cannot be stored and read back: NUL and halves of surrogate pairs (PostgreSQL's
 * text and jsonb refuse them) and numbers that became Infinity (`1e999`). Also what would endanger this process: names
 * that reach a prototype, and bottomless nesting.
 *
 * @param input parsed JSON of any depth, or a DTO made of it
 * @returns a problem, undefined when there is none
 */
export function jsonProblem(input: unknown): FieldError | undefined {
  const parts: Part[] = [{ path: '', name: '', depth: 0, value: input }];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const message = problemOf(part);
    if (message) return { field: part.path, message };
    addParts(part, parts);
  }
  return undefined;
}

function problemOf({ name, depth, value }: Part): string | undefined {
  if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
  if (UNSAFE_NAMES.has(name)) return 'is a name that cannot be used';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'is a number out of range';
  if (isStorable(name) && (typeof value !== 'string' || isStorable(value))) return undefined;
  return 'must not contain NUL characters or unpaired surrogates';
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** One by one: an array may hold more than a call takes arguments. */
function addParts({ path, depth, value }: Part, parts: Part[]): void {
  if (typeof value !== 'object' || value === null) return;
  const isArray = Array.isArray(value);
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    if (isArray) parts.push({ path: `${path}[${key}]`, name: '', depth: depth + 1, value: inner });
    else parts.push({ path: path ? `${path}.${key}` : key, name: key, depth: depth + 1, value: inner });
  }
}
