import { describe, expect, it } from '@jest/globals';
import { jsonSchemaProblem } from './json-schema-problem.js';

const draft = (name: string) => `https://json-schema.org/draft/${name}/schema`;

describe('jsonSchemaProblem', () => {
  it.each([
    {},
    { type: 'object', properties: { id: { type: 'string', format: 'uuid' } }, required: ['id'] },
    { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] },
    { $schema: draft('2020-12'), prefixItems: [{ type: 'string' }] },
    { $schema: draft('2019-09'), dependentRequired: { a: ['b'] } },
    { $id: 'https://example.com/a.json', definitions: { a: { type: 'string' } }, $ref: '#/definitions/a' },
    { 'x-own-keyword': 1 },
  ])('takes %j', (schema) => {
    for (let i = 0; i < 2; i++) expect(jsonSchemaProblem(schema)).toBeUndefined();
  });

  it.each([
    [{ type: 'text' }, 'is not valid JSON Schema: /type must be equal to one of the allowed values'],
    [{ properties: { a: { minLength: -1 } } }, 'is not valid JSON Schema: /properties/a/minLength must be >= 0'],
    [{ pattern: '(' }, 'is not valid JSON Schema: Invalid regular expression'],
    [{ $ref: 'https://example.com/b.json' }, "is not valid JSON Schema: can't resolve reference"],
    [{ $schema: draft('2020-12'), prefixItems: {} }, 'is not valid JSON Schema: /prefixItems must be array'],
    [{ $schema: 'https://example.com/mine' }, 'names an unknown $schema'],
    [{ $schema: 5 }, 'names an unknown $schema'],
    [{ title: 'x'.repeat(32 * 1024) }, 'must not be longer than 32768 characters'],
  ])('refuses %j', (schema, problem) => {
    expect(jsonSchemaProblem(schema)?.slice(0, problem.length)).toBe(problem);
  });
});
