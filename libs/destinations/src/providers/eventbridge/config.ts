import { matches, type ProviderField, required } from '../../provider-field.js';
import { AWS_FIELDS } from '../aws/aws-fields.js';

export const EVENTBRIDGE_FIELDS: readonly ProviderField[] = [
  required(
    'event_bus_arn',
    'ARN of the event bus, or `default`',
    'arn:aws:events:eu-central-1:123456789012:event-bus/orders',
  ),
  ...AWS_FIELDS,
  required('source', 'What the events say is their source', 'com.example.orders', {
    problem: matches(/^(?!aws\.).{1,256}$/, 'must be at most 256 characters and not start with aws.'),
  }),
  required('detail_type', 'What the events say is their type', 'webhook.received', {
    problem: matches(/^.{1,128}$/, 'must be at most 128 characters'),
  }),
];
