import { describe, expect, it } from '@jest/globals';
import { apiKeyPrefix, hashApiKey, isApiKey, newApiKey } from './api-key.js';

describe('API keys', () => {
  it.each(['live', 'test'] as const)('are hs_%s_ and 64 hex digits, each different', (mode) => {
    const key = newApiKey(mode);
    // The pattern the published CLI checks.
    expect(key).toMatch(/^hs_(live|test)_[a-f0-9]{64}$/);
    expect(key).toContain(`_${mode}_`);
    expect(isApiKey(key)).toBe(true);
    expect(newApiKey(mode)).not.toBe(key);
  });

  it('are not recognised in any other form', () => {
    const key = newApiKey('live');
    for (const text of [
      '',
      key.slice(1),
      key + '0',
      key.toUpperCase(),
      ` ${key}`,
      `${key}\n`,
      `hs_prod_${key.slice(8)}`,
    ]) {
      expect(isApiKey(text)).toBe(false);
    }
  });

  it('are stored as their SHA-256', () => {
    // FIPS 180-2, the digest of "abc".
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(hashApiKey('abc').toString('hex')).toBe(digest);
  });

  it('are recognised by their first 12 characters', () => {
    expect(apiKeyPrefix(`hs_live_1a2b${'0'.repeat(60)}`)).toBe('hs_live_1a2b');
  });
});
