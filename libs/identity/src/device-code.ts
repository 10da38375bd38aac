import { hash, randomInt } from 'node:crypto';

/** Without what looks alike: O and 0, I, 1 and L. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
const HALF = 4;
const CODE = new RegExp(`^([${ALPHABET}]{${HALF}})-?([${ALPHABET}]{${HALF}})$`);

/** A new code such as `ABCD-EFGH`: 31^8, or 40 bits. */
export function newDeviceCode(): string {
  const half = () => Array.from({ length: HALF }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `${half()}-${half()}`;
}

/** Reads a code as people write it, in any case and without the dash. @returns undefined when it is none */
export function parseDeviceCode(text: string): string | undefined {
  const [, first, second] = CODE.exec(text.trim().toUpperCase()) ?? [];
  return first && second && `${first}-${second}`;
}

/** Under which a code is stored. */
export function hashDeviceCode(code: string): Buffer {
  return hash('sha256', code, 'buffer');
}
