/**
 * The child of TransformPool: it evaluates expressions and regular expressions that strangers wrote, one at a time.
 *
 * Self-contained on purpose: under Jest, Node runs this file as TypeScript source, and its type stripping does not
 * find `./sibling.ts` for `./sibling.js`. So only packages and types may be imported here.
 */
import jsonata from 'jsonata';
import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import type { READY, TransformLimits, TransformOutcome, TransformRun } from './transform-messages.js';

const limits = JSON.parse(process.argv[2] ?? '{}') as TransformLimits;

const MAX_STACK_DEPTH = 200;
const MAX_SEQUENCE_LENGTH = 10_000;
const MAX_MESSAGE_LENGTH = 500;
const EVALUATIONS_ON_A_BUSY_MACHINE = 3;

/**
 * A batch that took this long, or produced this much, is answered in part and the parent sends the rest again. So
 * runaways that jsonata stops by itself cannot add up to the parent's kill, and answers fit into the heap.
 */
const PART_AFTER_MS = 100;
const PART_AFTER_CHARS = 1 << 20;

let deadline = 0;

/**
 * The regular expressions of an expression, in linear time. jsonata makes one per evaluation from the literal's RegExp,
 * sets `lastIndex`, calls `exec`, and reads the match, its index and groups.
 */
class LinearRegExp {
  lastIndex = 0;
  readonly #pattern: RE2JS;

  constructor(literal: RegExp) {
    this.#pattern = linearPatterns.get(literal.toString()) ?? compileLinear(literal);
  }

  exec(value: unknown): ((string | undefined)[] & { index: number }) | null {
    // A single search is linear, but a $replace over many matches has no guard of jsonata's between them.
    if (Date.now() > deadline) {
      throw Object.assign(new Error(), { code: 'D1012', value: limits.evaluationTimeoutMs });
    }
    const matcher = this.#pattern.matcher(String(value));
    if (!matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    this.lastIndex = matcher.end();
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
    return Object.assign(groups, { index: matcher.start() });
  }
}

/** Compiled patterns, up to some 6 MB: an instruction takes about 150 bytes, a pattern some kilobytes more. */
const linearPatterns = new LRUCache<string, RE2JS>({
  maxSize: 30_000,
  sizeCalculation: (pattern) => 50 + pattern.programSize(),
});

function compileLinear(literal: RegExp): RE2JS {
  try {
    const pattern = RE2JS.compile(RE2JS.translateRegExp(literal), RE2JS.LOOKBEHINDS);
    linearPatterns.set(literal.toString(), pattern);
    return pattern;
  } catch (error) {
    const reason = (error as Error).message.replace('error parsing regexp: ', '');
    throw new Error(`The regular expression /${literal.source}/ is not supported: ${reason}.`, { cause: error });
  }
}

/** Compiled expressions, up to some 12 MB: a character makes up to 90 bytes of syntax tree, beside 15 KB for each. */
const expressions = new LRUCache<string, jsonata.Expression>({
  maxSize: 120_000,
  sizeCalculation: (_expression, source) => 150 + source.length,
});

function compile(source: string): jsonata.Expression {
  let expression = expressions.get(source);
  if (expression === undefined) {
    expression = jsonata(source, {
      timeout: limits.evaluationTimeoutMs,
      stack: MAX_STACK_DEPTH,
      sequence: MAX_SEQUENCE_LENGTH,
      RegexEngine: LinearRegExp as unknown as RegExpConstructor,
    });
    expression.registerFunction('encodeUrl', boundedEncoder('encodeUrl', encodeURI), '<s-:s>');
    expression.registerFunction(
      'encodeUrlComponent',
      boundedEncoder('encodeUrlComponent', encodeURIComponent),
      '<s-:s>',
    );
    expressions.set(source, expression);
  }
  return expression;
}

/** V8 encodes URLs outside the heap, which has no bound: 50 MB of text took 500 MB. Otherwise as jsonata does it. */
function boundedEncoder(functionName: string, encode: (text: string) => string) {
  return (text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    if (text.length > limits.maxOutputBytes) throw new Error(`The text passed to $${functionName}() is too long.`);
    try {
      return encode(text);
    } catch {
      throw Object.assign(new Error(), { code: 'D3140', value: text, functionName });
    }
  };
}

async function transform(source: string, body: string): Promise<TransformOutcome> {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    return failed('The webhook body is not JSON, so it cannot be transformed.');
  }
  try {
    return serialize(await evaluate(source, input, EVALUATIONS_ON_A_BUSY_MACHINE));
  } catch (error) {
    return failed(explain(error));
  }
}

/** jsonata's limit is one of wall time; where the machine had no time for us, that says nothing about the expression. */
async function evaluate(source: string, input: unknown, attempts: number): Promise<unknown> {
  const expression = compile(source);
  const cpuBefore = process.cpuUsage();
  deadline = Date.now() + limits.evaluationTimeoutMs;
  try {
    return await expression.evaluate(input);
  } catch (error) {
    const { user, system } = process.cpuUsage(cpuBefore);
    const starved = (user + system) / 1_000 < limits.evaluationTimeoutMs / 2;
    if (attempts <= 1 || !starved || (error as { code?: string }).code !== 'D1012') throw error;
    return evaluate(source, input, attempts - 1);
  }
}

function serialize(result: unknown): TransformOutcome {
  if (result === undefined) return failed('The transform yielded nothing; it must yield an object or an array.');
  if (typeof result !== 'object' || result === null) {
    const what = result === null ? 'null' : `a ${typeof result}`;
    return failed(`The transform yielded ${what}; it must yield an object or an array.`);
  }
  if (spend(limits.maxOutputBytes, result) >= 0) {
    const body = JSON.stringify(result);
    if (Buffer.byteLength(body) <= limits.maxOutputBytes) return { kind: 'transformed', body };
  }
  return failed(`The result of the transform is larger than ${limits.maxOutputBytes} bytes.`);
}

/**
 * Takes a lower bound of the JSON size of a value off a budget and stops when that is used up. Thirty lines such as
 * `$b := {"x": $a, "y": $a}` make a small value in memory whose JSON would take hours and gigabytes.
 *
 * @returns what is left, negative if the value is too large
 */
function spend(budget: number, value: unknown): number {
  if (typeof value === 'string') return budget - value.length;
  if (isFunction(value)) throw new Error('The transform yielded a function, which JSON cannot express.');
  if (typeof value !== 'object' || value === null) return budget - 1;
  if (Array.isArray(value)) {
    for (const item of value) {
      budget = spend(budget - 1, item);
      if (budget < 0) break;
    }
    return budget;
  }
  for (const [key, member] of Object.entries(value)) {
    budget = spend(budget - key.length - 3, member);
    if (budget < 0) break;
  }
  return budget;
}

function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  const object = value as { _jsonata_lambda?: unknown; _jsonata_function?: unknown } | null | undefined;
  return object?._jsonata_lambda === true || object?._jsonata_function === true;
}

function explain(error: unknown): string {
  if (error instanceof RangeError) return `The transform goes too deep or grows too large: ${error.message}.`;
  const { message, position } = error as { message?: string; position?: number };
  return (message ?? 'The transform failed.') + (position === undefined ? '' : ` (at position ${position})`);
}

/** Messages are stored as text, which takes neither NUL nor half a surrogate pair. */
function failed(message: string): TransformOutcome {
  const text = message.slice(0, MAX_MESSAGE_LENGTH).replace(/\p{Cc}+/gu, ' ');
  return { kind: 'failed', message: text.toWellFormed() };
}

async function answer(runs: TransformRun[]): Promise<void> {
  const outcomes: TransformOutcome[] = [];
  const partAt = performance.now() + PART_AFTER_MS;
  let chars = 0;
  for (const [expression, body] of runs) {
    const outcome = await transform(expression, body);
    outcomes.push(outcome);
    if (outcome.kind === 'transformed') chars += outcome.body.length;
    if (chars > PART_AFTER_CHARS || performance.now() > partAt) break;
  }
  process.send?.(outcomes);
}

// Ctrl-C and service managers signal the whole group; the parent decides how long its children are needed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (runs: TransformRun[]) => void answer(runs));
process.send?.('ready' satisfies typeof READY);
