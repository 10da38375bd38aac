import { matches, oneOf, type ProviderField, required } from '../../provider-field.js';
import { isChannelName } from './channels.js';

export const WEBSOCKET_FIELDS: readonly ProviderField[] = [
  required('channel_name', 'Channel that clients subscribe to', 'orders', {
    problem: (value) =>
      matches(/^[a-z0-9._-]{1,200}$/i, 'must be letters, digits, dots, dashes and underscores')(value) ??
      (isChannelName(value) ? undefined : 'must be another name: this one is reserved'),
  }),
  oneOf(
    'mode',
    ['fire_and_forget', 'acknowledge'],
    'Whether a delivery counts once a client has been sent it, or only when a client has acknowledged it in time',
  ),
];
