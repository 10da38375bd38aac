import { Ajv } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** Compiling takes time with the size, and what is compiled comes from anyone with a key. */
const MAX_CHARS = 32 * 1024;

const DRAFTS = new Map([
  ['http://json-schema.org/draft-07/schema', Ajv],
  ['https://json-schema.org/draft/2019-09/schema', Ajv2019],
  ['https://json-schema.org/draft/2020-12/schema', Ajv2020],
]);

/** Inlined references would multiply, and nothing runs long enough to be worth optimizing. */
const OPTIONS = { strict: false, logger: false, inlineRefs: false, code: { optimize: false } } as const;

/**
 * Checks that a schema is JSON Schema that can be validated with: draft 7, or 2019-09 or 2020-12 when `$schema` says
 * so, with references only to itself.
 *
 * @returns the problem, worded to follow a field's name, or undefined when there is none
 */
export function jsonSchemaProblem(schema: Record<string, unknown>): string | undefined {
  if (JSON.stringify(schema).length > MAX_CHARS) return `must not be longer than ${MAX_CHARS} characters`;
  const { $schema } = schema;
  const Draft = $schema === undefined ? Ajv : typeof $schema === 'string' && DRAFTS.get($schema.replace(/#$/, ''));
  if (!Draft) return `names an unknown $schema; known: ${[...DRAFTS.keys()].join(', ')}`;
  // One of its own, so that no schema meets the ids of another.
  const ajv = new Draft(OPTIONS);
  addFormats.default(ajv);
  try {
    ajv.compile(schema);
    return undefined;
  } catch (error) {
    return `is not valid JSON Schema: ${firstProblem((error as Error).message)}`;
  }
}

/** Of what Ajv joins into one message. */
function firstProblem(message: string): string {
  const [first = message] = message.split(', data/');
  return first.replace(/^schema is invalid: data\//, '/');
}
