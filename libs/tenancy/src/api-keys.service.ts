import { Inject, Injectable } from '@nestjs/common';
import { hashApiKey, isApiKey } from '#libs/crypto';
import { bytes, Database } from '#libs/database';
import { ApiError } from '#libs/errors';
import { ConfigCache, type Versioned } from './config-cache.js';
import { ConfigVersions } from './config-versions.js';
import { type Principal } from './principal.js';

interface CachedKey extends Versioned, Principal {
  expiresAt: Date | null;
}

/** Checks API keys from memory; a key is read once per change of its environment. */
@Injectable()
export class ApiKeysService {
  private readonly keys: ConfigCache<CachedKey>;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigVersions) versions: ConfigVersions,
  ) {
    this.keys = new ConfigCache(versions, (hashes) => this.load(hashes));
  }

  /**
   * @param key the key as sent
   * @throws ApiError `invalid_key` when it is malformed, unknown, revoked or expired
   */
  async authenticate(key: string): Promise<Principal> {
    if (!isApiKey(key)) throw new ApiError('invalid_key');
    const hash = hashApiKey(key).toString('hex');
    const found = this.keys.peek(hash) ?? (await this.keys.get(hash));
    if (!found || (found.expiresAt && found.expiresAt <= new Date())) throw new ApiError('invalid_key');
    return found;
  }

  private async load(hashes: string[]): Promise<Map<string, CachedKey>> {
    const rows = await this.database.query<KeyRow>('load_api_keys', LOAD, [
      bytes(hashes.map((hash) => Buffer.from(hash, 'hex'))),
    ]);
    return new Map(
      rows.map((row) => [
        row.hash,
        {
          apiKeyId: row.id,
          organizationId: row.organization_id,
          environmentId: row.environment_id,
          configVersion: row.config_version,
          expiresAt: row.expires_at,
        },
      ]),
    );
  }
}

interface KeyRow {
  id: string;
  hash: string;
  organization_id: string;
  environment_id: string;
  expires_at: Date | null;
  config_version: number;
}

const LOAD = `
select k.id, encode(k.key_hash, 'hex') as hash, k.organization_id, k.environment_id, k.expires_at, e.config_version
from api_keys k join environments e on e.id = k.environment_id
where k.key_hash = any($1::bytea[]) and k.revoked_at is null`;
