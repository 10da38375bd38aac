import { type Operation, type RequestField, type WireType } from './field.js';

/** Resolves to a host that is never called here. */
export const TARGET = 'https://example.com/webhook';
const DEFAULT_INTERVALS = [30, 300, 1800, 7200, 86_400];

const DESTINATION: Record<string, WireType> = {
  id: 'string',
  org_id: 'string',
  env_id: 'string',
  name: 'string',
  slug: 'string',
  url: 'string',
  method: 'string',
  headers: 'string | null',
  timeout_ms: 'integer',
  auth_type: 'string',
  auth_config: 'string | null',
  status: 'string',
  event_count: 'integer',
  last_delivery_at: 'string | null',
  created_at: 'string',
  updated_at: 'string',
  retry_enabled: 'integer | null',
  retry_max_attempts: 'integer | null',
  retry_backoff_type: 'string | null',
  retry_intervals: 'string | null',
  circuit_breaker_enabled: 'integer | null',
  circuit_breaker_threshold: 'integer | null',
  circuit_breaker_reset_ms: 'integer | null',
  type: 'string',
  provider_config: 'string | null',
};

const ENDPOINT: Record<string, WireType> = {
  id: 'string',
  org_id: 'string',
  env_id: 'string',
  application_id: 'string',
  url: 'string',
  description: 'string | null',
  signing_algorithm: 'string',
  status: 'string',
  filter_types: 'string | null',
  rate_limit_per_second: 'integer | null',
  expires_at: 'string | null',
  created_at: 'string',
  updated_at: 'string',
  signing_secret: 'string',
};

const CONNECTION: Record<string, WireType> = {
  id: 'string',
  org_id: 'string',
  env_id: 'string',
  source_id: 'string',
  destination_id: 'string',
  name: 'string',
  description: 'string | null',
  enabled: 'integer',
  filter_rules: 'string | null',
  status: 'string',
  event_count: 'integer',
  last_event_at: 'string | null',
  created_at: 'string',
  updated_at: 'string',
  transform_enabled: 'integer',
  transform_expression: 'string | null',
  source_name: 'string | null',
  destination_name: 'string | null',
};

const OWNER: RequestField[] = [
  { name: 'org_id', value: 'default', shownAs: null },
  { name: 'env_id', value: 'default', shownAs: null },
];

/** What the pages on creating and on updating a destination have in common. */
const DESTINATION_SETTINGS: RequestField[] = [
  { name: 'name', value: 'Backend API v2' },
  { name: 'url', value: 'https://example.com/v2' },
  { name: 'method', value: 'PUT' },
  { name: 'headers', value: { 'X-Custom': 'value' }, shown: '{"X-Custom":"value"}' },
  { name: 'headers', value: {}, shown: '{}' },
  { name: 'timeout_ms', value: 5000 },
  { name: 'auth_type', value: 'none' },
  { name: 'auth_type', value: 'bearer_token', beside: { auth_config: { token: 'secret-token' } } },
  { name: 'auth_config', value: {}, shown: null },
  {
    name: 'auth_config',
    value: { token: 'a-long-secret-token' },
    shown: '{"token":"****oken"}',
    beside: { auth_type: 'bearer_token' },
  },
  { name: 'provider_config', value: {}, shown: null, beside: { name: 'Backend API' } },
  { name: 'retry_enabled', value: true, shown: 1 },
  { name: 'retry_enabled', value: false, shown: 0 },
  { name: 'retry_max_attempts', value: 1 },
  { name: 'retry_max_attempts', value: 10 },
  { name: 'retry_backoff_type', value: 'exponential' },
  { name: 'retry_backoff_type', value: 'linear' },
  { name: 'retry_backoff_type', value: 'fixed' },
  { name: 'retry_intervals', value: [10, 60], shown: '[10,60]' },
  { name: 'circuit_breaker_enabled', value: true, shown: 1 },
  { name: 'circuit_breaker_enabled', value: false, shown: 0 },
  { name: 'circuit_breaker_threshold', value: 7 },
  { name: 'circuit_breaker_reset_ms', value: 30_000 },
];

export const createDestination: Operation = {
  method: 'post',
  path: '/destinations',
  wrapper: 'destination',
  status: 201,
  required: { name: 'Backend API', slug: 'backend-api', url: TARGET },
  fields: [...OWNER, ...DESTINATION_SETTINGS, { name: 'slug', value: 'another-slug' }, { name: 'type', value: 'http' }],
  defaults: {
    type: 'http',
    url: TARGET,
    method: 'POST',
    headers: null,
    timeout_ms: 30_000,
    auth_type: 'none',
    auth_config: null,
    status: 'active',
    event_count: 0,
    last_delivery_at: null,
    retry_enabled: 1,
    retry_max_attempts: 5,
    retry_backoff_type: 'exponential',
    retry_intervals: JSON.stringify(DEFAULT_INTERVALS),
    circuit_breaker_enabled: 1,
    circuit_breaker_threshold: 5,
    circuit_breaker_reset_ms: 60_000,
    provider_config: null,
  },
  response: DESTINATION,
};

export const updateDestination: Operation = {
  method: 'patch',
  path: '/destinations/:destination',
  wrapper: 'destination',
  status: 200,
  required: {},
  fields: [
    ...DESTINATION_SETTINGS,
    { name: 'status', value: 'active' },
    { name: 'status', value: 'paused' },
    { name: 'status', value: 'disabled' },
  ],
  defaults: {},
  response: DESTINATION,
};

export const createEndpoint: Operation = {
  method: 'post',
  path: '/applications/:application/endpoints',
  wrapper: 'endpoint',
  status: 201,
  required: { url: TARGET },
  fields: [
    { name: 'url', value: 'https://example.com/other' },
    { name: 'description', value: 'Billing' },
    { name: 'filter_types', value: ['invoice.paid', 'user.*'], shown: '["invoice.paid","user.*"]' },
    { name: 'rate_limit_per_second', value: 10 },
    { name: 'expires_at', value: '2099-12-31T23:59:59.000Z' },
    { name: 'expires_at', value: '2099-12-31T23:59:59+01:00', shown: '2099-12-31T22:59:59.000Z' },
  ],
  defaults: {
    url: TARGET,
    description: null,
    signing_algorithm: 'hmac_sha256',
    status: 'active',
    filter_types: null,
    rate_limit_per_second: null,
    expires_at: null,
  },
  response: ENDPOINT,
};

export const createConnection: Operation = {
  method: 'post',
  path: '/connections',
  wrapper: 'connection',
  status: 201,
  required: { source_id: ':source', destination_id: ':destination', name: 'Orders' },
  fields: [
    ...OWNER,
    { name: 'name', value: 'Payments' },
    { name: 'description', value: 'Paid orders' },
    {
      name: 'filter_rules',
      value: [{ field: 'payload.type', op: 'eq', value: 'paid' }],
      shown: '[{"field":"payload.type","op":"eq","value":"paid"}]',
    },
    { name: 'filter_rules', value: [], shown: '[]' },
    { name: 'enabled', value: true, shown: 1 },
    { name: 'enabled', value: false, shown: 0 },
    { name: 'transform_enabled', value: false, shown: 0 },
    { name: 'transform_enabled', value: true, shown: 1, beside: { transform_expression: '{"id": id}' } },
    { name: 'transform_expression', value: '{"id": id}' },
  ],
  defaults: {
    description: null,
    enabled: 1,
    filter_rules: null,
    status: 'active',
    event_count: 0,
    last_event_at: null,
    transform_enabled: 0,
    transform_expression: null,
  },
  response: CONNECTION,
};

export const OPERATIONS = { createDestination, updateDestination, createEndpoint, createConnection };
