import { ApiError } from '#libs/errors';
import { type DestinationType } from './destination.entity.js';
import { type ProviderField, type ProviderPolicy } from './provider-field.js';
import { PROVIDER_FIELDS } from './providers/provider-fields.js';
import { type SealedConfig } from './sealed-config.js';

/** Enough for a service account or a chain of certificates. */
const MAX_CHARS = 20_000;

/** Whether a field of `provider_config` is masked in answers. */
export function isProviderSecret(type: DestinationType): (name: string) => boolean {
  const secrets = new Set(PROVIDER_FIELDS[type].filter(({ secret }) => secret).map(({ name }) => name));
  return (name) => secrets.has(name);
}

/**
 * `provider_config` as sent, with its values as text. What is null or empty is left out; an object, such as a service account, becomes JSON.
 *
 * @throws ApiError `invalid_body` naming a field that is not known or not text
 */
export function readProviderConfig(type: DestinationType, sent: Record<string, unknown>): SealedConfig {
  const fields = PROVIDER_FIELDS[type];
  const given = Object.entries(sent).filter(([, value]) => value !== null && value !== '');
  return Object.fromEntries(
    given.map(([name, value]) => {
      const field = `provider_config.${name}`;
      if (!fields.some((known) => known.name === name)) {
        throw ApiError.invalidField(field, `is not known when type is ${type}`);
      }
      const text = typeof value === 'object' ? JSON.stringify(value) : value;
      if (typeof text !== 'string') throw ApiError.invalidField(field, 'must be text');
      return [name, text];
    }),
  );
}

/** @throws ApiError `invalid_body` naming the field of `provider_config` that is missing or wrong */
export function checkProviderConfig(type: DestinationType, config: SealedConfig, policy: ProviderPolicy): void {
  for (const field of PROVIDER_FIELDS[type]) {
    const problem = problemOf(type, field, config, policy);
    if (problem) throw ApiError.invalidField(`provider_config.${field.name}`, problem);
  }
}

function problemOf(
  type: DestinationType,
  field: ProviderField,
  config: SealedConfig,
  policy: ProviderPolicy,
): string | undefined {
  const value = config[field.name] ?? '';
  if (value === '') {
    const needed = field.needed ? field.needed(config) : field.required;
    return needed ? `is needed when type is ${type}` : undefined;
  }
  if (value.length > MAX_CHARS) return `must not be longer than ${MAX_CHARS} characters`;
  if (field.values && !field.values.includes(value)) return `must be ${field.values.join(' or ')}`;
  return (field.isUrl ? policy.checkUrl(value) : undefined) ?? field.problem?.(value, config, policy);
}
