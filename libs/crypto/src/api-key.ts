import { hash, randomBytes } from 'node:crypto';

const API_KEY = /^hs_(?:live|test)_[a-f0-9]{64}$/;
const SECRET_BYTES = 32;
const PREFIX_CHARACTERS = 12;

/** Which kind of environment a key opens; it is part of the key. */
export type ApiKeyMode = 'live' | 'test';

/** A new key, `hs_live_<64 hex>` or `hs_test_<64 hex>`. It is shown once; only its hash is stored. */
export function newApiKey(mode: ApiKeyMode): string {
  return `hs_${mode}_${randomBytes(SECRET_BYTES).toString('hex')}`;
}

/** Whether the text has the form of a key; says nothing about whether the key exists. */
export function isApiKey(text: string): boolean {
  return API_KEY.test(text);
}

/** The SHA-256 (32 bytes) under which a key is stored and looked up. Keys are random, so neither salt nor stretching is needed. */
export function hashApiKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

/** The first 12 characters (`hs_live_1a2b`), by which people recognise a key in lists. */
export function apiKeyPrefix(key: string): string {
  return key.slice(0, PREFIX_CHARACTERS);
}
