import { type ProviderField } from '../../provider-field.js';
import { TLS_FIELDS } from '../tls-fields.js';

/** Everything else about an HTTP destination has a field of its own beside `provider_config`. */
export const HTTP_FIELDS: readonly ProviderField[] = TLS_FIELDS;
