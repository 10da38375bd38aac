import { describe, expect, it } from '@jest/globals';
import { type Access, exceedingScopes, grants, isScope, readScopes } from './scopes.js';

describe('scopes', () => {
  it.each<[scopes: string, resource: string, access: Access, granted: boolean]>([
    ['*', 'sources', 'write', true],
    ['*', 'api-keys', 'write', true],
    ['read', 'sources', 'read', true],
    ['read', 'api-keys', 'read', true],
    ['read', 'sources', 'write', false],
    ['write', 'sources', 'write', true],
    ['write', 'sources', 'read', true],
    ['write', 'api-keys', 'write', false],
    ['write', 'environments', 'write', false],
    ['write api-keys:write', 'api-keys', 'write', true],
    ['sources:read', 'sources', 'read', true],
    ['sources:read', 'sources', 'write', false],
    ['sources:read', 'destinations', 'read', false],
    ['sources:write', 'sources', 'read', true],
    ['sources:write,events:read', 'events', 'read', true],
    ['sources:write,events:read', 'events', 'write', false],
    ['', 'sources', 'read', false],
  ])('"%s" on %s, to %s: %s', (scopes, resource, access, granted) => {
    expect(grants(readScopes(scopes), resource, access)).toBe(granted);
  });

  it.each<[own: string, wanted: string, exceeding: string[]]>([
    ['*', '* write sources:write', []],
    ['write', 'read write sources:write events:read', []],
    ['write', '* api-keys:write', ['*', 'api-keys:write']],
    ['read', 'read sources:read write sources:write', ['write', 'sources:write']],
    ['sources:write', 'sources:read sources:write read', ['read']],
    ['sources:read', 'sources:write events:read', ['sources:write', 'events:read']],
  ])('"%s" that gives "%s" exceeds itself with %j', (own, wanted, exceeding) => {
    expect(exceedingScopes(readScopes(own), readScopes(wanted))).toEqual(exceeding);
  });

  it.each([
    ['*', true],
    ['read', true],
    ['sources:write', true],
    ['sources', false],
    ['source:read', false],
    ['sources:*', false],
    ['sources:read:write', false],
    ['', false],
    [5, false],
  ])('knows %j as a scope: %s', (text, known) => {
    expect(isScope(text, new Set(['sources']))).toBe(known);
  });
});
