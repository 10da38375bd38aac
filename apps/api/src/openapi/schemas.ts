import { type OpenAPIObject } from '@nestjs/swagger';
import { sampleFieldsOf } from './sample-fields.js';

type SchemaOrReference = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
export type Schema = Exclude<SchemaOrReference, { $ref: string }>;
export type Schemas = Record<string, SchemaOrReference>;

/** Gives fields that hold other objects an example too, made of the examples of theirs. */
export function completeExamples(schemas: Schemas): void {
  for (const schema of Object.values(schemas)) {
    for (const field of Object.values(propertiesOf(schema))) {
      const { allOf, items } = field;
      if (field.example !== undefined) continue;
      if (allOf?.[0]) field.example = exampleOf(schemas, allOf[0]);
      else if (items) field.example = [exampleOf(schemas, items)];
    }
  }
}

/** What a request with this body may send. */
export function sampleBody(schemas: Schemas, body: SchemaOrReference): unknown {
  const name = nameOf(body);
  const schema = name ? schemas[name] : body;
  if (!name || !schema || '$ref' in schema) return (body as Schema).example;
  const properties = propertiesOf(schema);
  const required = schema.required ?? [];
  const more = sampleFieldsOf(name) ?? (required.length > 0 ? [] : settable(properties).slice(0, 1));
  return Object.fromEntries([...required, ...more].map((field) => [field, properties[field]?.example]));
}

function settable(properties: Record<string, Schema>): string[] {
  return Object.keys(properties).filter((field) => field !== 'org_id' && field !== 'env_id');
}

function exampleOf(schemas: Schemas, schema: SchemaOrReference): unknown {
  const name = nameOf(schema);
  const target = name ? schemas[name] : schema;
  if (!target || '$ref' in target) return undefined;
  if (!target.properties) return target.example;
  const fields = Object.entries(propertiesOf(target)).map(([field, value]) => {
    const inner = value.allOf?.[0] ?? value.items;
    const example: unknown = value.example ?? (inner && exampleOf(schemas, inner));
    return [field, value.items && !Array.isArray(example) ? [example] : example];
  });
  return Object.fromEntries(fields) as unknown;
}

function propertiesOf(schema: SchemaOrReference): Record<string, Schema> {
  return (('properties' in schema && schema.properties) || {}) as Record<string, Schema>;
}

function nameOf(schema: SchemaOrReference): string | undefined {
  return '$ref' in schema ? schema.$ref.split('/').at(-1) : undefined;
}
