import { type DestinationType } from '../destination.entity.js';
import { type ProviderFactory } from '../provider-settings.js';
import { eventbridgeProvider } from './eventbridge/eventbridge-provider.js';
import { httpProvider } from './http/http-provider.js';
import { kafkaProvider } from './kafka/kafka-provider.js';
import { pubsubProvider } from './pubsub/pubsub-provider.js';
import { rabbitmqProvider } from './rabbitmq/rabbitmq-provider.js';
import { s3Provider } from './s3/s3-provider.js';
import { sqsProvider } from './sqs/sqs-provider.js';
import { websocketProvider } from './websocket/websocket-provider.js';

/** The adapter of each type. */
export const PROVIDERS: Record<DestinationType, ProviderFactory> = {
  http: httpProvider,
  sqs: sqsProvider,
  s3: s3Provider,
  eventbridge: eventbridgeProvider,
  pubsub: pubsubProvider,
  kafka: kafkaProvider,
  rabbitmq: rabbitmqProvider,
  websocket: websocketProvider,
};
