import { defineEntity, p } from '@mikro-orm/postgresql';
import { DEFAULT_MAX_CONCURRENCY, type Ordering } from './admission/admission-policy.js';
import { type BackoffType } from './retry-policy.js';

export const DESTINATION_STATUSES = ['active', 'paused', 'disabled'] as const;
export type DestinationStatus = (typeof DESTINATION_STATUSES)[number];

export const DESTINATION_TYPES = [
  'http',
  'sqs',
  's3',
  'eventbridge',
  'pubsub',
  'kafka',
  'rabbitmq',
  'websocket',
] as const;
export type DestinationType = (typeof DESTINATION_TYPES)[number];

export const HTTP_METHODS = ['POST', 'PUT', 'PATCH'] as const;
export type HttpMethod = (typeof HTTP_METHODS)[number];

export const AUTH_TYPES = ['none', 'bearer_token', 'basic', 'api_key', 'hmac'] as const;
export type AuthType = (typeof AUTH_TYPES)[number];

const DestinationSchema = defineEntity({
  name: 'Destination',
  tableName: 'destinations',
  properties: {
    id: p.uuid().primary(),
    organizationId: p.uuid(),
    environmentId: p.uuid(),
    name: p.string(),
    slug: p.string(),
    type: p.string().$type<DestinationType>().default('http'),
    status: p.string().$type<DestinationStatus>().default('active'),
    url: p.string().default(''),
    method: p.string().$type<HttpMethod>().default('POST'),
    headers: p.json<Record<string, string>>().nullable(),
    timeoutMs: p.integer().default(30_000),
    authType: p.string().$type<AuthType>().default('none'),
    /** JSON, sealed by the keyring. */
    authConfig: p.string().nullable(),
    /** JSON, sealed by the keyring. */
    providerConfig: p.string().nullable(),
    /** JSON, sealed by the keyring. */
    signingConfig: p.string().nullable(),
    retryEnabled: p.boolean().default(true),
    retryMaxAttempts: p.integer().default(5),
    retryBackoffType: p.string().$type<BackoffType>().default('exponential'),
    retryIntervals: p.json<number[]>(),
    circuitBreakerEnabled: p.boolean().default(true),
    circuitBreakerThreshold: p.integer().default(5),
    circuitBreakerResetMs: p.integer().default(60_000),
    /** Sends at the same time. */
    maxConcurrency: p.integer().default(DEFAULT_MAX_CONCURRENCY),
    /** Starts per second; null for no limit. */
    rateLimitPerSecond: p.integer().nullable(),
    ordering: p.string().$type<Ordering>().default('none'),
    eventCount: p.bigint('number').default(0),
    lastDeliveryAt: p.datetime().nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p
      .datetime()
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
});

/** Where events go. */
export class Destination extends DestinationSchema.class {}
DestinationSchema.setClass(Destination);
