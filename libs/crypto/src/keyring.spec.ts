import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDecipheriv, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { Keyring, KeyringError } from './keyring.js';

const keyA = Buffer.alloc(32, 'a').toString('base64');
const keyB = Buffer.alloc(32, 'b').toString('base64');

describe('Keyring', () => {
  it('opens what it sealed', () => {
    const ring = new Keyring(`k1:${keyA}`);
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (plain) => ring.open(ring.seal(plain)) === plain));
  });

  it('writes v1.<key id>.<base64url(nonce | tag | ciphertext)> in AES-256-GCM', () => {
    const [version, id, encoded = ''] = new Keyring(`k-1:${keyA}`).seal('whsec_abc').split('.');
    const box = Buffer.from(encoded, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(keyA, 'base64'), box.subarray(0, 12));
    decipher.setAuthTag(box.subarray(12, 28));
    expect([version, id]).toEqual(['v1', 'k-1']);
    expect(decipher.update(box.subarray(28), undefined, 'utf8') + decipher.final('utf8')).toBe('whsec_abc');
  });

  it('never seals the same text to the same result', () => {
    const ring = new Keyring(`k1:${keyA}`);
    expect(ring.seal('same')).not.toBe(ring.seal('same'));
  });

  it('seals with the first key and opens with all, so that keys can be rotated', () => {
    const old = new Keyring(`k1:${keyA}`).seal('secret');
    const rotated = new Keyring(`k2:${keyB},k1:${keyA}`);
    expect(rotated.seal('secret')).toMatch(/^v1\.k2\./);
    expect(rotated.open(old)).toBe('secret');
    expect(() => new Keyring(`k2:${keyB}`).open(old)).toThrow("The keyring has no key with the id 'k1'.");
  });

  it('derives one secret for each key and purpose, and those of older keys still', () => {
    const old = new Keyring(`k1:${keyA}`);
    const rotated = new Keyring(`k2:${keyB},k1:${keyA}`);
    expect([old.keyId, rotated.keyId]).toEqual(['k1', 'k2']);
    expect(rotated.deriveWith('k1', 'a')).toBe(old.derive('a'));
    expect(rotated.deriveWith('k2', 'a')).toBe(rotated.derive('a'));
    expect(rotated.deriveWith('k3', 'a')).toBeUndefined();
    const secrets = [old.derive('a'), old.derive('b'), rotated.derive('a')];
    expect(new Set(secrets).size).toBe(3);
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
  });

  it('refuses text of which any character was changed', () => {
    const ring = new Keyring(`k1:${keyA},k2:${keyB}`);
    const sealed = ring.seal('secret');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+ ';
    for (let i = 0; i < sealed.length; i++) {
      for (const other of ['', ...alphabet]) {
        const changed = sealed.slice(0, i) + other + sealed.slice(i + 1);
        if (changed !== sealed) expect(() => ring.open(changed)).toThrow(KeyringError);
      }
    }
    for (const more of ['A', '=', '\n', '.']) expect(() => ring.open(sealed + more)).toThrow(KeyringError);
  });

  it('refuses text that was never sealed', () => {
    const ring = new Keyring(`k1:${keyA}`);
    for (const text of ['', 'whsec_abc', 'v1.k1.', 'v1.k1.AAAA', `v2${ring.seal('x').slice(2)}`]) {
      expect(() => ring.open(text)).toThrow(KeyringError);
    }
    fc.assert(fc.property(fc.string(), (text) => void expect(() => ring.open(text)).toThrow(KeyringError)));
  });

  it.each([
    ['nothing', ''],
    ['a bare key', keyA],
    ['a short key', `k1:${randomBytes(16).toString('base64')}`],
    ['an id with a dot', `k.1:${keyA}`],
    ['an empty entry', `k1:${keyA},`],
    ['an id twice', `k1:${keyA},k1:${keyB}`],
  ])('refuses %s without printing it', (_, spec) => {
    let message = '';
    try {
      new Keyring(spec);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    for (const part of spec.split(/[:,]/).filter((text) => text.length > 4)) expect(message).not.toContain(part);
  });

  it('does not show its keys when it is logged', () => {
    const shown = inspect(new Keyring(`k1:${keyA}`), { depth: 9, showHidden: true });
    expect(shown).not.toContain(keyA);
    expect(shown).not.toContain('61 61');
  });
});
