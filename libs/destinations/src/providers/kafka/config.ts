import { matches, type ProviderField, required, requiredSecret } from '../../provider-field.js';

export const KAFKA_FIELDS: readonly ProviderField[] = [
  required(
    'bootstrap_servers',
    'Host of the cluster, whose REST API is called on port 443',
    'pkc-1a2b3.eu.confluent.cloud:9092',
    {
      problem: matches(/^[A-Za-z0-9.-]+(:\d{1,5})?$/, 'must be a host, with or without a port'),
    },
  ),
  // Both become parts of a path.
  required('cluster_id', 'Id of the cluster', 'lkc-1a2b3c', {
    problem: matches(/^[\w-]{1,100}$/, 'must be the id of a cluster'),
  }),
  required('topic', 'Name of the topic', 'orders', {
    // https://github.com/apache/kafka/blob/trunk/clients/src/main/java/org/apache/kafka/common/internals/Topic.java
    problem: matches(/^(?!\.{1,2}$)[\w.-]{1,249}$/, 'must be the name of a topic'),
  }),
  required('api_key', 'API key of the cluster', 'ABCDEFGHIJKLMNOP'),
  requiredSecret('api_secret', 'Secret of the API key', 'a-long-random-secret'),
];
