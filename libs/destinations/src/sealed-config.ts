import { isMasked, type Keyring, maskSecret } from '#libs/crypto';
import { ApiError } from '#libs/errors';

/** Settings whose values are text, stored as JSON that the keyring seals. */
export type SealedConfig = Record<string, string>;

/** Whether the field of this name is masked in answers. */
type IsSecret = (name: string) => boolean;

/** @returns null when nothing is stored */
export function openConfig<T extends object = SealedConfig>(keyring: Keyring, sealed: string | null | undefined) {
  return sealed ? (JSON.parse(keyring.open(sealed)) as T) : null;
}

/** @returns what is stored; null for nothing */
export function sealConfig(keyring: Keyring, config: object): string | null {
  return Object.keys(config).length > 0 ? keyring.seal(JSON.stringify(config)) : null;
}

/** As answers show it. */
export function maskConfig(config: SealedConfig, isSecret: IsSecret): SealedConfig {
  return mapValues(config, (name, value) => (isSecret(name) ? maskSecret(value) : value));
}

/**
 * Secrets that are still as they were shown masked stand for what is stored.
 *
 * @param field of the whole, for the error
 * @param known what is stored
 * @throws ApiError `invalid_body` for a mask that stands for nothing
 */
export function unmaskConfig(
  field: string,
  config: SealedConfig,
  known: SealedConfig,
  isSecret: IsSecret,
): SealedConfig {
  return mapValues(config, (name, value) => {
    if (!isSecret(name) || !isMasked(value)) return value;
    const stored = known[name];
    if (stored !== undefined && value === maskSecret(stored)) return stored;
    throw ApiError.invalidField(`${field}.${name}`, 'is masked: send the secret itself');
  });
}

function mapValues(config: SealedConfig, map: (name: string, value: string) => string): SealedConfig {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, map(name, value)]));
}
