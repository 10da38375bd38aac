import { type DestinationType } from '../destination.entity.js';
import { type ProviderField } from '../provider-field.js';
import { EVENTBRIDGE_FIELDS } from './eventbridge/config.js';
import { HTTP_FIELDS } from './http/config.js';
import { KAFKA_FIELDS } from './kafka/config.js';
import { PUBSUB_FIELDS } from './pubsub/config.js';
import { RABBITMQ_FIELDS } from './rabbitmq/config.js';
import { S3_FIELDS } from './s3/config.js';
import { SQS_FIELDS } from './sqs/config.js';
import { WEBSOCKET_FIELDS } from './websocket/config.js';

/** What `provider_config` holds for each type. */
export const PROVIDER_FIELDS: Record<DestinationType, readonly ProviderField[]> = {
  http: HTTP_FIELDS,
  sqs: SQS_FIELDS,
  s3: S3_FIELDS,
  eventbridge: EVENTBRIDGE_FIELDS,
  pubsub: PUBSUB_FIELDS,
  kafka: KAFKA_FIELDS,
  rabbitmq: RABBITMQ_FIELDS,
  websocket: WEBSOCKET_FIELDS,
};
