import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { apiKeyPrefix, hashApiKey, isApiKey, newApiKey, newId } from '#libs/crypto';
import { decodeCursor, type Page, type PageRequest, toPage } from '#libs/database';
import { ApiError } from '#libs/errors';
import { ApiKeyCache, type CachedKey } from './api-key-cache.js';
import { ApiKeyUsage } from './api-key-usage.js';
import { ApiKey } from './api-key.entity.js';
import { ConfigChanges } from './config-changes.js';
import { type Principal } from './principal.js';
import { ALL_SCOPES, exceedingScopes } from './scopes.js';

export interface NewApiKey {
  name: string;
  /** @defaultValue everything */
  scopes?: string[];
  /** @defaultValue never */
  expiresAt?: Date | null;
}

/** Who makes a key, which can do no more than its maker. */
export type ApiKeyMaker = Pick<Principal, 'organizationId' | 'environmentId' | 'scopes'>;

/** Makes, revokes and checks the keys of environments. */
@Injectable()
export class ApiKeysService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(ConfigChanges) private readonly changes: ConfigChanges,
    @Inject(ApiKeyCache) private readonly cache: ApiKeyCache,
    @Inject(ApiKeyUsage) private readonly usage: ApiKeyUsage,
  ) {}

  /**
   * @param key the key as sent
   * @throws ApiError `invalid_key` when it is malformed, unknown, revoked or expired
   */
  async authenticate(key: string): Promise<Principal> {
    const found = await this.find(key);
    if (!found) throw new ApiError('invalid_key');
    this.usage.record(found.apiKeyId);
    return found;
  }

  /** Whom the key lets in now; undefined when it is malformed, unknown, revoked or expired. Does not count as a use of it. */
  async find(key: string): Promise<CachedKey | undefined> {
    const found = isApiKey(key) ? await this.cache.get(hashApiKey(key).toString('hex')) : undefined;
    return found && (!found.expiresAt || found.expiresAt > new Date()) ? found : undefined;
  }

  /** Newest first, revoked ones too. */
  async list({ environmentId }: Principal, { cursor, limit }: PageRequest): Promise<Page<ApiKey>> {
    const where = { environmentId, ...(cursor && { id: { $lt: decodeCursor(cursor) } }) };
    return toPage(await this.em.fork().find(ApiKey, where, { orderBy: { id: 'desc' }, limit: limit + 1 }), limit);
  }

  /**
   * Makes a key to the caller's environment.
   *
   * @returns the key itself as well, which cannot be had again
   * @throws ApiError `scope_exceeded` when it could do more than its maker, `invalid_body`
   */
  async create(caller: ApiKeyMaker, input: NewApiKey): Promise<{ apiKey: ApiKey; key: string }> {
    const { organizationId, environmentId } = caller;
    const { name, scopes = [ALL_SCOPES], expiresAt = null } = input;
    const exceeding = exceedingScopes(caller.scopes, scopes);
    if (exceeding.length > 0) {
      const sentence = `A key cannot get a scope that its maker does not have: ${exceeding.join(', ')}`;
      throw new ApiError('scope_exceeded', { sentence });
    }
    if (expiresAt && expiresAt <= new Date()) throw ApiError.invalidField('expires_at', 'must be in the future');
    const key = newApiKey('live');
    const apiKey = await this.changes.commit(environmentId, (em) =>
      Promise.resolve(
        em.create(ApiKey, {
          id: newId(),
          organizationId,
          environmentId,
          name,
          keyPrefix: apiKeyPrefix(key),
          keyHash: hashApiKey(key),
          scopes: [...new Set(scopes)].join(' '),
          expiresAt,
        }),
      ),
    );
    return { apiKey, key };
  }

  /** Ends a key everywhere, for good. Its row stays. @throws ApiError `api_key_not_found` */
  async revoke({ environmentId }: Principal, id: string): Promise<void> {
    await this.changes.commit(environmentId, async (em) => {
      const apiKey = await em.findOne(ApiKey, { id, environmentId });
      if (!apiKey) throw new ApiError('api_key_not_found');
      apiKey.revokedAt ??= new Date();
    });
  }
}
