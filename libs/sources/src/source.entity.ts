import { defineEntity, p } from '@mikro-orm/postgresql';
import { type SignatureFormat, type VerificationScheme } from '#libs/crypto';
import { type DedupStrategy } from './dedup-key.js';

export const SOURCE_STATUSES = ['active', 'paused', 'disabled'] as const;
export type SourceStatus = (typeof SOURCE_STATUSES)[number];

export const SOURCE_TYPES = ['http', 'websocket'] as const;
export type SourceType = (typeof SOURCE_TYPES)[number];

/** `reject` refuses a webhook that does not fit the schema, `warn` marks it. */
export const SCHEMA_ACTIONS = ['reject', 'warn'] as const;
export type SchemaAction = (typeof SCHEMA_ACTIONS)[number];

export const DEFAULT_DEDUP_WINDOW_SECONDS = 300;

const SourceSchema = defineEntity({
  name: 'Source',
  tableName: 'sources',
  properties: {
    id: p.uuid().primary(),
    organizationId: p.uuid(),
    environmentId: p.uuid(),
    name: p.string(),
    slug: p.string(),
    description: p.string().nullable(),
    template: p.string().nullable(),
    type: p.string().$type<SourceType>().default('http'),
    sourceConfig: p.json<Record<string, unknown>>().nullable(),
    status: p.string().$type<SourceStatus>().default('active'),
    verificationEnabled: p.boolean().default(false),
    verificationType: p.string().$type<VerificationScheme>().nullable(),
    /** Sealed by the keyring. */
    verificationSecret: p.string().nullable(),
    verificationHeader: p.string().nullable(),
    verificationConfig: p.json<SignatureFormat>().nullable(),
    dedupEnabled: p.boolean().default(false),
    dedupStrategy: p.string().$type<DedupStrategy>().nullable(),
    /** Header or dot path, as the strategy wants. */
    dedupField: p.string().nullable(),
    dedupWindowSeconds: p.integer().default(DEFAULT_DEDUP_WINDOW_SECONDS),
    schemaValidationEnabled: p.boolean().default(false),
    jsonSchema: p.json<Record<string, unknown>>().nullable(),
    schemaAction: p.string().$type<SchemaAction>().nullable(),
    ipAllowlist: p.json<string[]>().nullable(),
    ipDenylist: p.json<string[]>().nullable(),
    isEphemeral: p.boolean().default(false),
    expiresAt: p.datetime().nullable(),
    requestLimit: p.integer().nullable(),
    eventCount: p.bigint('number').default(0),
    lastEventAt: p.datetime().nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p
      .datetime()
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
});

/** Where webhooks come in: a URL of its own and the checks they must pass. */
export class Source extends SourceSchema.class {}
SourceSchema.setClass(Source);
