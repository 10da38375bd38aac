import { optional, type ProviderField, required } from '../../provider-field.js';
import { AWS_FIELDS } from '../aws-fields.js';

export const SQS_FIELDS: readonly ProviderField[] = [
  required('queue_url', 'URL of the queue', 'https://sqs.eu-central-1.amazonaws.com/123456789012/orders', {
    isUrl: true,
  }),
  ...AWS_FIELDS,
  optional('message_group_id', 'Message group, for FIFO queues', 'orders'),
];
