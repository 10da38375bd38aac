import { defineEntity, p } from '@mikro-orm/postgresql';
import { ALL_SCOPES } from './scopes.js';

const ApiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.uuid().primary(),
    organizationId: p.uuid(),
    environmentId: p.uuid(),
    name: p.string(),
    keyPrefix: p.string(),
    /** SHA-256 of the key. */
    keyHash: p.blob(),
    /** Separated by spaces. */
    scopes: p.string().default(ALL_SCOPES),
    /** A few seconds behind, like lastUsedAt. */
    requestCount: p.bigint('number').default(0),
    lastUsedAt: p.datetime().nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    expiresAt: p.datetime().nullable(),
    revokedAt: p.datetime().nullable(),
  },
});

/** A key to one environment. The key itself is not stored. */
export class ApiKey extends ApiKeySchema.class {}
ApiKeySchema.setClass(ApiKey);
