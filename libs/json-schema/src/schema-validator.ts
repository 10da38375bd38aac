import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { linearRegex, toLinearSyntax, weighPattern } from '#libs/linear-regex';
import { schemaCost } from './schema-cost.js';
import { upgradeDraft } from './upgrade-draft.js';
import { withinTime } from './within-time.js';

/** What of a document does not fit. */
export interface SchemaError {
  /** JSON pointer into the document; empty for the whole. */
  path: string;
  /** Keyword of the schema that failed, such as `required`. */
  keyword: string;
  /** Follows the path: `must be number`. */
  message: string;
}

/**
 * @param document parsed JSON
 * @param bytes size of the document's JSON
 * @returns what does not fit, at most 20 errors; nothing when the document is valid
 */
export type SchemaValidator = (document: unknown, bytes: number) => SchemaError[];

const MAX_SCHEMA_CHARACTERS = 64 * 1024;
const MAX_PATTERNS = 100;
/** A match costs at worst about 10 ns per instruction and character (see weighPattern). */
const MAX_INSTRUCTIONS = 10_000;
const MAX_ERRORS = 20;
const COMPILE_WITHIN_MS = 1_000;
const CHECK_WITHIN_MS = 500;
/** Nodes and instructions times bytes that are surely done in 0.2 s: such a check needs no watch. */
const UNWATCHED_WORK = 20_000_000;

/**
 * Checks that a schema could be used: JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12 without references to other documents, up to 65,536 characters,
 * its patterns in RE2 syntax.
 *
 * @returns what is wrong with it, worded to follow a field's name; undefined if nothing is
 */
export function checkSchema(schema: Record<string, unknown>): string | undefined {
  if (JSON.stringify(schema).length > MAX_SCHEMA_CHARACTERS) {
    return `must not be larger than ${MAX_SCHEMA_CHARACTERS} characters`;
  }
  const upgraded = upgradeDraft(schema);
  if (!upgraded) return 'must be of draft 4, 6, 7, 2019-09 or 2020-12';
  try {
    return withinTime(COMPILE_WITHIN_MS, () => compile(upgraded, true)) ? undefined : 'takes too long to compile';
  } catch (error) {
    return `is not a valid JSON Schema: ${firstProblem((error as Error).message)}`;
  }
}

/**
 * Makes a schema ready. That happens when it is first used, and again after a check that took too long: then the document counts as one
 * that does not fit, because it could hold up everybody else's webhooks.
 *
 * @param schema one that {@link checkSchema} accepts
 */
export function schemaValidator(schema: Record<string, unknown>): SchemaValidator {
  let compiled: Compiled | undefined;
  const upgraded = upgradeDraft(schema) ?? schema;
  const { nodes, unbounded } = schemaCost(upgraded);
  return (document, bytes) => {
    const { validate, instructions } = (compiled ??= compile(upgraded, false));
    const check = () => (validate(document) ? [] : errorsOf(validate));
    try {
      if (!unbounded && (nodes + instructions) * bytes <= UNWATCHED_WORK) return check();
      const checked = withinTime(CHECK_WITHIN_MS, check);
      if (checked) return checked.result;
      compiled = undefined;
      return [whole(`takes longer than ${CHECK_WITHIN_MS} ms to check`)];
    } catch (error) {
      if (error instanceof RangeError) return [whole('is nested too deeply')];
      throw error;
    }
  };
}

/** Those that are not read as draft 7. */
const DRAFTS: Record<string, typeof Ajv2019 | typeof Ajv2020> = {
  'https://json-schema.org/draft/2019-09/schema': Ajv2019,
  'https://json-schema.org/draft/2020-12/schema': Ajv2020,
};

interface Compiled {
  validate: ValidateFunction;
  /** Of all patterns. */
  instructions: number;
}

/** @throws Error saying what is wrong with the schema */
function compile(schema: Record<string, unknown>, validateSchema: boolean): Compiled {
  const patterns = new PatternBudget();
  const options: Options = { strict: false, allErrors: true, logger: false, validateSchema };
  const ajv = new (DRAFTS[String(schema.$schema)] ?? Ajv)({ ...options, code: { regExp: patterns.engine } });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  return { validate, instructions: patterns.instructions };
}

/** Compiles the patterns of one schema in linear-time syntax, within bounds. */
class PatternBudget {
  instructions = 0;
  private patterns = 0;

  /** What ajv takes for `new RegExp`. It tells patterns apart by their text, and would write `code` into a program of its own. */
  readonly engine = Object.assign(
    (pattern: string) => {
      const linear = toLinearSyntax(pattern);
      this.spend(pattern, linear);
      return { test: linearRegex(linear), toString: () => pattern };
    },
    { code: 'linearRegex' },
  );

  private spend(pattern: string, linear: string): void {
    const weight = weighPattern(linear);
    if ('problem' in weight) throw new Error(`the pattern ${JSON.stringify(pattern)} ${weight.problem}`);
    this.patterns++;
    this.instructions += weight.instructions;
    if (this.patterns > MAX_PATTERNS) throw new Error(`there are more than ${MAX_PATTERNS} patterns`);
    if (this.instructions > MAX_INSTRUCTIONS) throw new Error('the patterns are too large together');
  }
}

function errorsOf({ errors }: ValidateFunction): SchemaError[] {
  return (errors ?? []).slice(0, MAX_ERRORS).map((error) => ({
    path: error.instancePath,
    keyword: error.keyword,
    message: messageOf(error),
  }));
}

/** ajv does not name the property that is one too many. */
function messageOf({ keyword, message = 'is not valid', params }: ErrorObject): string {
  if (keyword !== 'additionalProperties') return message;
  return `must not have the property '${(params as { additionalProperty: string }).additionalProperty}'`;
}

/** Of what ajv joins into one message. */
function firstProblem(message: string): string {
  const [first = message] = message.split(', data/');
  return first.replace(/^schema is invalid: data\//, '/');
}

function whole(message: string): SchemaError {
  return { path: '', keyword: 'limit', message };
}
