import { describe, expect, it } from '@jest/globals';
import { isConnectionFailure, isServerAway, isUniqueViolation } from './pg-errors.js';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });

describe('Errors of PostgreSQL', () => {
  it.each([
    ['refused', withCode('ECONNREFUSED'), true],
    ['cut', new Error('Connection terminated unexpectedly'), true],
    ['cut just before', new Error('Client has encountered a connection error and is not queryable'), true],
    ['restarted', withCode('57P01'), true],
    ['wrapped by the ORM', Object.assign(new Error('query failed'), { cause: withCode('08006') }), true],
    ['no place in the pool', new Error('timeout exceeded when trying to connect'), true],
    ['a violated index', withCode('23505'), false],
    ['a statement that was cancelled', withCode('57014'), false],
    ['another error of ours', new TypeError('x is not a function'), false],
  ])('tell whether the server is away: %s', (_, error, away) => {
    expect(isServerAway(error)).toBe(away);
  });

  it('tell a violated unique index, also through the ORM', () => {
    expect(isUniqueViolation(Object.assign(new Error('wrapped'), { cause: withCode('23505') }))).toBe(true);
    expect(isUniqueViolation(withCode('23503'))).toBe(false);
  });

  it('tell whether a statement may be tried again as it is', () => {
    expect(isConnectionFailure(withCode('57P01'))).toBe(true);
    expect(isConnectionFailure(withCode('ECONNREFUSED'))).toBe(true);
    expect(isConnectionFailure(withCode('22P02'))).toBe(false);
  });
});
