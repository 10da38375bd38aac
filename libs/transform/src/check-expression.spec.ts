import { describe, expect, it } from '@jest/globals';
import { checkExpression } from './check-expression.js';

describe('checkExpression', () => {
  it.each([
    '$',
    '{"id": id, "total": $sum(items.(price * quantity))}',
    '$replace(name, /(\\w+) (\\w+)/i, "$2, $1")',
    '$contains(a, /[?=!]\\(\\?=\\\\1/)',
    'unknown.path ~> $missing()',
  ])('accepts %s', (expression) => {
    expect(checkExpression(expression)).toBeUndefined();
  });

  it.each([
    ['', 'Unexpected end of expression (at position 0).'],
    ['{"a": }', 'The symbol "}" cannot be used as a unary operator (at position 7).'],
    ['$sum(items', 'Expected ")" before end of expression (at position 10).'],
    ['"no end', 'String literal must be terminated by a matching quote (at position 7).'],
  ])('says what is wrong with %j and where', (expression, sentence) => {
    expect(checkExpression(expression)).toBe(sentence);
  });

  it.each(['$match(a, /x(?=y)/)', '$match(a, /x(?!y)/)', '$match(a, /(x)\\1/)', '[a, {"b": $f(/(?<n>x)\\k<n>/)}]'])(
    'refuses a regular expression that needs backtracking: %s',
    (expression) => {
      expect(checkExpression(expression)).toMatch(/^The regular expression .* uses look-ahead or a back-reference/);
    },
  );

  it('bounds the length of an expression', () => {
    expect(checkExpression(`"${'x'.repeat(9_998)}"`)).toBeUndefined();
    expect(checkExpression(`"${'x'.repeat(9_999)}"`)).toBe('The expression has 10001 characters; 10000 are allowed.');
  });

  it('bounds the nesting of an expression and the length of what it says', () => {
    expect(checkExpression('('.repeat(10_000))).toBe('The expression is nested too deeply.');
    expect(checkExpression('`a'.repeat(3_000))).toHaveLength(500);
  });
});
