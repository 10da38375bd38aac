import { matches, type ProviderField, required } from '../../provider-field.js';

export const WEBSOCKET_FIELDS: readonly ProviderField[] = [
  required('channel_name', 'Channel that clients subscribe to', 'orders', {
    problem: matches(/^[a-z0-9._-]{1,200}$/i, 'must be letters, digits, dots, dashes and underscores'),
  }),
];
