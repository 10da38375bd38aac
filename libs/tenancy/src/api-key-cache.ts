import { Inject, Injectable } from '@nestjs/common';
import { bytes, Database } from '#libs/database';
import { ConfigCache, type Versioned } from './config-cache.js';
import { ConfigVersions } from './config-versions.js';
import { type Plan } from './plans.js';
import { type Principal } from './principal.js';
import { readScopes } from './scopes.js';

export interface CachedKey extends Versioned, Principal {
  apiKeyId: string;
  expiresAt: Date | null;
}

/** Keys that are not revoked, in memory, by the hexadecimal digits of their hash; read once per change of their environment. */
@Injectable()
export class ApiKeyCache {
  private readonly keys: ConfigCache<CachedKey>;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigVersions) versions: ConfigVersions,
  ) {
    this.keys = new ConfigCache(versions, (hashes) => this.load(hashes));
  }

  /** The key, or undefined if there is none. */
  async get(hash: string): Promise<CachedKey | undefined> {
    return this.keys.peek(hash) ?? (await this.keys.get(hash));
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
          plan: row.plan,
          scopes: readScopes(row.scopes),
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
  plan: Plan;
  scopes: string;
  expires_at: Date | null;
  config_version: number;
}

const LOAD = `
select k.id, encode(k.key_hash, 'hex') as hash, k.organization_id, k.environment_id, o.plan, k.scopes,
  k.expires_at, e.config_version
from api_keys k join environments e on e.id = k.environment_id
  join organizations o on o.id = k.organization_id
where k.key_hash = any($1::bytea[]) and k.revoked_at is null`;
