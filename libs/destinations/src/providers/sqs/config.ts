import { optional, type ProviderField, required } from '../../provider-field.js';
import { AWS_FIELDS } from '../aws/aws-fields.js';

export const SQS_FIELDS: readonly ProviderField[] = [
  required('queue_url', 'URL of the queue', 'https://sqs.eu-central-1.amazonaws.com/123456789012/orders', {
    isUrl: true,
  }),
  ...AWS_FIELDS,
  optional('message_group_id', 'Message group; needed for a FIFO queue', 'orders', {
    needed: ({ queue_url = '' }) => queue_url.endsWith('.fifo'),
    problem: (value) => (/^[\x21-\x7e]{1,128}$/.test(value) ? undefined : 'must be 1 to 128 visible ASCII characters'),
  }),
];
