/** These stay as they are. */
const LATER_DRAFT = /^https:\/\/json-schema\.org\/draft\/(?:2019-09|2020-12)\/schema#?$/;
/** JSON Schema drafts by the number in their `$schema`; without one it is draft 7. */
const DRAFT = /^https?:\/\/json-schema\.org\/(?:draft-0([467])\/)?schema#?$/;

type Schema = Record<string, unknown>;

/** Where a keyword's value is data of any form, not a schema. */
const DATA = new Set(['enum', 'const', 'default', 'examples', 'required']);

/**
 * A schema of draft 4, 6 or 7 as one of draft 7; one of a later draft as it is. Draft 6 is a subset of it; of draft 4, `id` and the boolean `exclusiveMinimum` and
 * `exclusiveMaximum` are rewritten.
 *
 * @returns undefined for another draft
 */
export function upgradeDraft(schema: Schema): Schema | undefined {
  const { $schema, ...rest } = schema;
  if ($schema === undefined) return rest;
  if (typeof $schema === 'string' && LATER_DRAFT.test($schema)) return { ...schema, $schema: $schema.replace('#', '') };
  const [known, draft] = (typeof $schema === 'string' && DRAFT.exec($schema)) || [];
  if (known === undefined) return undefined;
  return draft === '4' ? (fromDraft4(rest) as Schema) : rest;
}

function fromDraft4(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromDraft4);
  if (typeof value !== 'object' || value === null) return value;
  const schema: Schema = {};
  for (const [keyword, inner] of Object.entries(value)) {
    // A property may have the name of a keyword; what stands there then is an object.
    if (keyword === 'id' && typeof inner === 'string') schema.$id = inner;
    else if (DATA.has(keyword) && typeof inner !== 'boolean' && !isSchemaMap(inner)) schema[keyword] = inner;
    else schema[keyword] = fromDraft4(inner);
  }
  exclude(schema, 'exclusiveMinimum', 'minimum');
  exclude(schema, 'exclusiveMaximum', 'maximum');
  return schema;
}

function isSchemaMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `{minimum: 5, exclusiveMinimum: true}` becomes `{exclusiveMinimum: 5}`. */
function exclude(schema: Schema, exclusive: string, inclusive: string): void {
  if (typeof schema[exclusive] !== 'boolean') return;
  const isExclusive = schema[exclusive] && schema[inclusive] !== undefined;
  delete schema[exclusive];
  if (!isExclusive) return;
  schema[exclusive] = schema[inclusive];
  delete schema[inclusive];
}
