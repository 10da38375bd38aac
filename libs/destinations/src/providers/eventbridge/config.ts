import { type ProviderField, required } from '../../provider-field.js';
import { AWS_FIELDS } from '../aws-fields.js';

export const EVENTBRIDGE_FIELDS: readonly ProviderField[] = [
  required(
    'event_bus_arn',
    'ARN of the event bus, or `default`',
    'arn:aws:events:eu-central-1:123456789012:event-bus/orders',
  ),
  ...AWS_FIELDS,
  required('source', 'What the events say is their source', 'com.example.orders'),
  required('detail_type', 'What the events say is their type', 'webhook.received'),
];
