import { describe, expect, it } from '@jest/globals';
import { jsonProblem } from './json-problem.js';

describe('jsonProblem', () => {
  it.each([
    ['{"a":[1,"ä😀",null,true,{"b":{}}]}'],
    ['{"":"","a.constructor":1,"a":["__proto__"]}'],
    [`{"many":[${'0,'.repeat(200_000)}0]}`],
    [`{"deep":${'['.repeat(63)}1${']'.repeat(63)}}`],
  ])('finds nothing in %.50s', (json) => {
    expect(jsonProblem(JSON.parse(json))).toBeUndefined();
  });

  it.each([
    ['{"a":[{"b":"\\u0000"}]}', 'a[0].b', 'must not contain NUL'],
    ['{"a":"\\ud800"}', 'a', 'unpaired surrogates'],
    ['{"\\udc00":1}', '\udc00', 'unpaired surrogates'],
    ['{"a":-1e999}', 'a', 'out of range'],
    ['{"a":{"__proto__":1}}', 'a.__proto__', 'cannot be used'],
    ['{"prototype":1}', 'prototype', 'cannot be used'],
    [`{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`, expect.stringMatching(/^a(\[0\]){64}$/), 'deeper than 64'],
  ])('names the place of the problem: %.50s', (json, field, message) => {
    expect(jsonProblem(JSON.parse(json))).toEqual({ field, message: expect.stringContaining(message) });
  });
});
