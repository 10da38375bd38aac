import { optional, type ProviderField, required, requiredSecret } from '../../provider-field.js';

export const RABBITMQ_FIELDS: readonly ProviderField[] = [
  required('url', 'URL of the management API', 'https://rabbit.example.com:15672', { isUrl: true }),
  optional('vhost', 'Virtual host; `/` when left out', '/'),
  required('exchange', 'Exchange to publish to', 'webhooks'),
  required('routing_key', 'Routing key of the messages', 'orders'),
  required('username', 'Who publishes', 'hookstream'),
  requiredSecret('password', 'Their password', 'a-long-random-secret'),
];
