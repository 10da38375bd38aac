import { describe, expect, it } from '@jest/globals';
import { dedupKey, type DedupRule } from './dedup-key.js';

const keyOf = (rule: DedupRule, body: string, headers: Record<string, string> = {}) =>
  dedupKey(rule)({ body: Buffer.from(body), headers, document: () => JSON.parse(body) as unknown });

describe('dedupKey', () => {
  it('tells bodies apart by their bytes', () => {
    const rule = { strategy: 'payload_hash', field: null } as const;
    expect(keyOf(rule, '{"a":1}')).toBe(keyOf(rule, '{"a":1}', { a: 'b' }));
    expect(keyOf(rule, '{"a":1}')).not.toBe(keyOf(rule, '{"a": 1}'));
  });

  it('reads a header in any case', () => {
    const rule = { strategy: 'header_field', field: 'X-Id' } as const;
    expect(keyOf(rule, '1', { 'x-id': 'a' })).toBe(keyOf(rule, '2', { 'x-id': 'a' }));
    expect(keyOf(rule, '1', { 'x-id': 'a' })).not.toBe(keyOf(rule, '1', { 'x-id': 'b' }));
    expect(keyOf(rule, '1')).toBeNull();
    expect(keyOf({ ...rule, field: 'constructor' }, '1')).toBeNull();
  });

  it.each(['data.ids.0', '$.data.ids.0'])('reads a value of the body at %s', (field) => {
    const rule = { strategy: 'body_field', field } as const;
    expect(keyOf(rule, '{"data":{"ids":[7]},"n":1}')).toBe(keyOf(rule, '{"data":{"ids":[7,8]},"n":2}'));
    expect(keyOf(rule, '{"data":{"ids":[7]}}')).not.toBe(keyOf(rule, '{"data":{"ids":["7"]}}'));
    for (const without of ['{"data":{"ids":[]}}', '{"data":{"ids":[null]}}', '{"data":1}', 'null']) {
      expect(keyOf(rule, without)).toBeNull();
    }
  });

  it('keeps the keys of different rules apart', () => {
    const keys = [
      keyOf({ strategy: 'body_field', field: 'a' }, '{"a":1,"b":1}'),
      keyOf({ strategy: 'body_field', field: 'b' }, '{"a":1,"b":1}'),
      keyOf({ strategy: 'header_field', field: 'a' }, '1', { a: '1' }),
      keyOf({ strategy: 'payload_hash', field: null }, '1'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
