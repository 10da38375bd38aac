import { type ProviderField } from '../../provider-field.js';

/** Everything about an HTTP destination has a field of its own beside `provider_config`. */
export const HTTP_FIELDS: readonly ProviderField[] = [];
