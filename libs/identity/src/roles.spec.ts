import { describe, expect, it } from '@jest/globals';
import { scopesOf } from './roles.js';

describe('scopesOf', () => {
  it.each([
    ['owner', ['*']],
    ['admin', ['*']],
    ['member', ['write']],
    ['viewer', ['read']],
    ['viewer,member', ['write', 'read']],
    ['stranger', []],
    ['', []],
  ])('%s', (roles, scopes) => {
    expect(scopesOf(roles)).toEqual(scopes);
  });
});
