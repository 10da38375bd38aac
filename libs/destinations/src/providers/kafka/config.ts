import { matches, oneOf, optional, optionalSecret, type ProviderField, required } from '../../provider-field.js';
import { TLS_FIELDS } from '../tls-fields.js';

const withoutEndpoint = ({ endpoint }: Record<string, string>): boolean => !endpoint;

export const KAFKA_FIELDS: readonly ProviderField[] = [
  optional(
    'bootstrap_servers',
    'Host of the cluster, whose REST API is called on port 443; not needed with `endpoint`',
    'pkc-1a2b3.eu.confluent.cloud:9092',
    {
      needed: withoutEndpoint,
      problem: matches(/^[A-Za-z0-9.-]+(:\d{1,5})?$/, 'must be a host, with or without a port'),
    },
  ),
  // Both become parts of a path.
  optional('cluster_id', 'Id of the cluster; not needed with v2', 'lkc-1a2b3c', {
    needed: ({ api_version }) => api_version !== 'v2',
    problem: matches(/^[\w-]{1,100}$/, 'must be the id of a cluster'),
  }),
  required('topic', 'Name of the topic', 'orders', {
    // https://github.com/apache/kafka/blob/trunk/clients/src/main/java/org/apache/kafka/common/internals/Topic.java
    problem: matches(/^(?!\.{1,2}$)[\w.-]{1,249}$/, 'must be the name of a topic'),
  }),
  optional('api_key', 'API key of the cluster, or user of the REST Proxy', 'ABCDEFGHIJKLMNOP', {
    needed: ({ endpoint, api_secret }) => !endpoint || Boolean(api_secret),
  }),
  optionalSecret('api_secret', 'Secret of the API key, or password of the user', 'a-long-random-secret', {
    needed: ({ endpoint, api_key }) => !endpoint || Boolean(api_key),
  }),
  optional('key', 'Dot path into the JSON body whose value is the key of the record', 'order.customer_id', {
    problem: matches(/^[^.\s]+(\.[^.\s]+)*$/, 'must be names separated by dots'),
  }),
  oneOf('api_version', ['v3', 'v2'], 'Version of the REST API; v2 knows no headers'),
  optional(
    'endpoint',
    'Base URL of a REST Proxy, to which `/v3/clusters/…` or `/topics/…` is added',
    'https://kafka-rest.example.com:8082',
    { isUrl: true },
  ),
  ...TLS_FIELDS,
];
