import { ApiError } from '#libs/errors';
import { type TargetGuard } from '#libs/http-client';
import { type DestinationType } from './destination.entity.js';
import { type ProviderField } from './provider-field.js';
import { PROVIDER_FIELDS } from './providers/provider-fields.js';
import { type SealedConfig } from './sealed-config.js';

/** Whether a field of `provider_config` is masked in answers. */
export function isProviderSecret(type: DestinationType): (name: string) => boolean {
  const secrets = new Set(PROVIDER_FIELDS[type].filter(({ secret }) => secret).map(({ name }) => name));
  return (name) => secrets.has(name);
}

/**
 * `provider_config` as sent, with its values as text. What is null is left out; an object, such as a service account, becomes JSON.
 *
 * @throws ApiError `invalid_body` naming a field that is not known or not text
 */
export function readProviderConfig(type: DestinationType, sent: Record<string, unknown>): SealedConfig {
  const fields = PROVIDER_FIELDS[type];
  if (fields.length === 0 && Object.keys(sent).length > 0) {
    throw ApiError.invalidField('provider_config', `is not used by destinations of type ${type}`);
  }
  const given = Object.entries(sent).filter(([, value]) => value !== null);
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
export function checkProviderConfig(type: DestinationType, config: SealedConfig, guard: TargetGuard): void {
  for (const field of PROVIDER_FIELDS[type]) {
    const problem = problemOf(type, field, config[field.name] ?? '', guard);
    if (problem) throw ApiError.invalidField(`provider_config.${field.name}`, problem);
  }
}

function problemOf(type: string, field: ProviderField, value: string, guard: TargetGuard): string | undefined {
  if (value === '') return field.required ? `is needed when type is ${type}` : undefined;
  if (field.isUrl) return guard.checkUrl(value);
  return field.problem?.(value);
}
