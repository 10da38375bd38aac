import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
/** 96 bits, the size GCM is specified for. Random nonces stay safe up to 2^32 seals per key (NIST SP 800-38D §8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

const ENTRY = /^([\w-]+):([A-Za-z0-9+/]{43}=)$/;
const SEALED = /^v1\.([\w-]+)\.([\w-]+)$/;

/** Thrown for a bad keyring and for text that cannot be opened. The message never carries key material or plain text. */
export class KeyringError extends Error {}

/** Seals stored secrets with AES-256-GCM as `v1.<key id>.<base64url(nonce | tag | ciphertext)>`. */
export class Keyring {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #sealing: { id: string; key: KeyObject };

  /**
   * @param spec `id:base64,id2:base64…`, keys of 32 bytes; the first seals, all open
   * @throws KeyringError naming the entry by its position
   */
  constructor(spec: string) {
    const entries = spec.split(',').map((entry, index) => parseEntry(entry.trim(), index + 1));
    this.#keys = new Map(entries.map(({ id, key }) => [id, key]));
    if (this.#keys.size < entries.length) throw new KeyringError('Two keys of the keyring have the same id.');
    this.#sealing = entries[0]!;
  }

  /** Encrypts under the first key; the same text gives a different result each time. */
  seal(plain: string): string {
    const { id, key } = this.#sealing;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return `v1.${id}.${Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')}`;
  }

  /** Id of the first key, which seals. */
  get keyId(): string {
    return this.#sealing.id;
  }

  /** A secret for another purpose, made of the first key: 43 base64url characters, the same until the keyring is rotated. */
  derive(purpose: string): string {
    return deriveFrom(this.#sealing.key, purpose);
  }

  /** What {@link derive} gives, or gave, while that key is, or was, the first; undefined when the keyring has no such key. */
  deriveWith(keyId: string, purpose: string): string | undefined {
    const key = this.#keys.get(keyId);
    return key && deriveFrom(key, purpose);
  }

  /**
   * @param sealed what {@link seal} returned, under any key of the ring
   * @throws KeyringError when the format or key id is unknown, or the text was tampered with
   */
  open(sealed: string): string {
    const [, id = '', encoded = ''] = SEALED.exec(sealed) ?? [];
    const box = Buffer.from(encoded, 'base64url');
    // Base64 has spare bits at its end: without the comparison some edits of the last character would go unnoticed.
    if (box.length < NONCE_BYTES + TAG_BYTES || box.toString('base64url') !== encoded) {
      throw new KeyringError('The text is not a sealed secret.');
    }
    const key = this.#keys.get(id);
    if (!key) throw new KeyringError(`The keyring has no key with the id '${id}'.`);

    const decipher = createDecipheriv(ALGORITHM, key, box.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(box.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    try {
      return decipher.update(box.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw new KeyringError(`The sealed secret does not belong to the key '${id}' or was tampered with.`);
    }
  }
}

function deriveFrom(key: KeyObject, purpose: string): string {
  return Buffer.from(hkdfSync('sha256', key, '', purpose, KEY_BYTES)).toString('base64url');
}

/** The position, not the entry, goes into the message: a mistyped entry may well be a bare key. */
function parseEntry(entry: string, position: number): { id: string; key: KeyObject } {
  const [, id, encoded = ''] = ENTRY.exec(entry) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (id === undefined || bytes.length !== KEY_BYTES) {
    throw new KeyringError(`Key ${position} of the keyring is not id:base64 with a key of ${KEY_BYTES} bytes.`);
  }
  return { id, key: createSecretKey(bytes) };
}
