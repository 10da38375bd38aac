import { type SchemaError, type SchemaValidator } from '#libs/json-schema';
import { type SchemaAction } from './source.entity.js';

/** The schema that webhooks of a source must, or should, fit. */
export interface SchemaRule {
  action: SchemaAction;
  validate: SchemaValidator;
}

const NOT_JSON: SchemaError = { path: '', keyword: 'type', message: 'must be JSON' };
const MAX_SENTENCE_LENGTH = 1_000;

/** What of a webhook does not fit. @param document undefined when the body is not JSON */
export function schemaErrors(rule: SchemaRule, document: unknown, bytes: number): SchemaError[] {
  return document === undefined ? [NOT_JSON] : rule.validate(document, bytes);
}

/** Errors for people: `/total must be number; /id must be string`. */
export function schemaSentence(errors: SchemaError[]): string {
  const sentence = errors.map(({ path, message }) => `${path} ${message}`.trim()).join('; ');
  return sentence.slice(0, MAX_SENTENCE_LENGTH);
}
