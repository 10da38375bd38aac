import { describe, expect, it } from '@jest/globals';
import { checkSchema, schemaValidator } from './schema-validator.js';

const errors = (schema: Record<string, unknown>, document: unknown) =>
  schemaValidator(schema)(document, JSON.stringify(document).length);

describe('schemaValidator', () => {
  const ORDER = {
    type: 'object',
    required: ['id'],
    additionalProperties: false,
    properties: { id: { type: 'string', pattern: '^ord_\\w+$' }, at: { format: 'date-time' }, total: { minimum: 0 } },
  };

  it('names everything that does not fit', () => {
    expect(errors(ORDER, { id: 'ord_1', at: '2026-03-01T12:00:00Z', total: 0 })).toEqual([]);
    expect(errors(ORDER, { id: 'x', at: 'now', total: -1, more: 1 })).toEqual([
      { path: '', keyword: 'additionalProperties', message: "must not have the property 'more'" },
      { path: '/id', keyword: 'pattern', message: 'must match pattern "^ord_\\w+$"' },
      { path: '/at', keyword: 'format', message: 'must match format "date-time"' },
      { path: '/total', keyword: 'minimum', message: 'must be >= 0' },
    ]);
    expect(errors(ORDER, {})).toEqual([{ path: '', keyword: 'required', message: "must have required property 'id'" }]);
    expect(errors({ items: { type: 'null' } }, new Array(100).fill(1))).toHaveLength(20);
  });

  it('tells patterns apart', () => {
    const schema = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } };
    expect(errors(schema, { a: 'a', b: 'b' })).toEqual([]);
    expect(errors(schema, { a: 'b', b: 'b' })).toMatchObject([{ path: '/a' }]);
  });

  it.each([
    [
      '4',
      { id: 'https://example.com/x', properties: { id: { minimum: 5, exclusiveMinimum: true }, enum: { maximum: 9 } } },
    ],
    ['6', { $id: 'https://example.com/x', properties: { id: { exclusiveMinimum: 5 }, enum: { maximum: 9 } } }],
    [
      '7',
      {
        $id: 'https://example.com/x',
        properties: { id: { exclusiveMinimum: 5 } },
        if: true,
        then: { properties: { enum: { maximum: 9 } } },
      },
    ],
  ])('knows draft %s', (draft, rest) => {
    const schema = { $schema: `http://json-schema.org/draft-0${draft}/schema#`, ...rest };
    expect(checkSchema(schema)).toBeUndefined();
    expect(errors(schema, { id: 6, enum: 9 })).toEqual([]);
    expect(errors(schema, { id: 5 })).toMatchObject([{ path: '/id', keyword: 'exclusiveMinimum' }]);
    expect(errors(schema, { enum: 10 })[0]).toMatchObject({ path: '/enum', keyword: 'maximum' });
  });

  it.each([
    ['2019-09/schema', { dependentRequired: { a: ['b'] } }, { a: 1, b: 1 }, { a: 1 }],
    ['2020-12/schema#', { prefixItems: [{ type: 'string' }] }, ['a'], [1]],
  ])('knows draft %s', (draft, rest, valid, invalid) => {
    const schema = { $schema: `https://json-schema.org/draft/${draft}`, ...rest };
    expect(checkSchema(schema)).toBeUndefined();
    expect(errors(schema, valid)).toEqual([]);
    expect(errors(schema, invalid)).toHaveLength(1);
  });

  it('is not held up by a pattern, a format, a comparison of all items or a schema that doubles its work', () => {
    const text = 'a'.repeat(50_000) + '!';
    expect(errors({ pattern: '^(a+)+$' }, text)).toMatchObject([{ keyword: 'pattern' }]);
    expect(errors({ format: 'email' }, text.slice(0, -1))).toMatchObject([{ path: '' }]);
    const items = Array.from({ length: 100_000 }, (_, id) => ({ id }));
    const slow = schemaValidator({ uniqueItems: true });
    const tooLong = [{ path: '', keyword: 'limit', message: 'takes longer than 500 ms to check' }];
    expect(slow(items, 1_000_000)).toEqual(tooLong);
    expect(slow([{ id: 1 }, { id: 1 }], 20)).toMatchObject([{ keyword: 'uniqueItems' }]);
    const twice = (level: number) => ({
      allOf: [{ $ref: `#/definitions/${level}` }, { $ref: `#/definitions/${level}` }],
    });
    const definitions = Object.fromEntries(Array.from({ length: 40 }, (_, level) => [level, twice(level + 1)]));
    const doubling = { ...twice(0), definitions: { ...definitions, 40: { type: 'object' } } };
    expect(checkSchema(doubling)).toBeUndefined();
    expect(errors(doubling, {})).toEqual(tooLong);
  });

  it('survives a document as deep as a schema that follows it', () => {
    let document: unknown = 1;
    for (let depth = 0; depth < 200_000; depth++) document = { next: document };
    expect(schemaValidator({ properties: { next: { $ref: '#' } } })(document, 1_000_000)).toMatchObject([
      { message: 'is nested too deeply' },
    ]);
  });
});

describe('checkSchema', () => {
  it.each([
    [{ $schema: 'https://json-schema.org/draft/next/schema' }, 'must be of draft 4, 6, 7, 2019-09 or 2020-12'],
    [{ type: 'text' }, 'is not a valid JSON Schema: /type must be equal to one of the allowed values'],
    [{ $ref: 'https://example.com/schema' }, "is not a valid JSON Schema: can't resolve reference https://example.com"],
    [{ pattern: '(?=a)' }, 'is not a valid JSON Schema: the pattern "(?=a)" must be a pattern RE2 accepts'],
    [{ allOf: Array.from({ length: 101 }, (_, i) => ({ pattern: `${i}` })) }, 'there are more than 100 patterns'],
    [{ description: 'x'.repeat(65_536) }, 'must not be larger than 65536 characters'],
  ])('refuses %j', (schema, problem) => {
    expect(checkSchema(schema)).toContain(problem);
  });
});
