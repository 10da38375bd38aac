import { optional, type ProviderField, required, requiredSecret } from '../../provider-field.js';
import { TLS_FIELDS } from '../tls-fields.js';
import { brokerUrlProblem } from './broker-url.js';

export const RABBITMQ_FIELDS: readonly ProviderField[] = [
  required(
    'url',
    'URL of the management API (`https://`), or of the broker itself (`amqps://`), with neither user nor password in it',
    'https://rabbit.example.com:15672',
    { problem: (url, _, { checkUrl }) => brokerUrlProblem(url, checkUrl) },
  ),
  optional('vhost', 'Virtual host; `/` when left out', '/'),
  required('exchange', 'Exchange to publish to; `amq.default` is the one without a name', 'webhooks', {
    problem: (value) => (Buffer.byteLength(value) <= 127 ? undefined : 'must not be longer than 127 bytes'),
  }),
  required('routing_key', 'Routing key of the messages', 'orders', {
    problem: (value) => (Buffer.byteLength(value) <= 255 ? undefined : 'must not be longer than 255 bytes'),
  }),
  required('username', 'Who publishes', 'hookstream'),
  requiredSecret('password', 'Their password', 'a-long-random-secret'),
  ...TLS_FIELDS,
];
