import { Inject, Injectable } from '@nestjs/common';
import { Keyring, prepareVerification, type VerificationScheme } from '#libs/crypto';
import { Database, uuids } from '#libs/database';
import { ConfigCache, ConfigVersions, type Versioned } from '#libs/tenancy';
import { type IpRule, ipRule } from './ip-rule.js';
import { type SourceStatus } from './source.entity.js';

/** What ingest needs to know of a source, made ready once per change. */
export interface IngestSource extends Versioned {
  id: string;
  organizationId: string;
  status: SourceStatus;
  /** Null when the source does not verify. */
  verify: ReturnType<typeof prepareVerification> | null;
  ipRule: IpRule;
}

/** Sources in memory, by id. */
@Injectable()
export class SourceCache {
  private readonly sources: ConfigCache<IngestSource>;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Keyring) private readonly keyring: Keyring,
    @Inject(ConfigVersions) versions: ConfigVersions,
  ) {
    this.sources = new ConfigCache(versions, (ids) => this.load(ids));
  }

  /** The source if no query is needed; undefined says nothing. */
  peek(id: string): IngestSource | undefined {
    return this.sources.peek(id);
  }

  /** The source, or undefined if there is none. */
  get(id: string): Promise<IngestSource | undefined> {
    return this.sources.get(id);
  }

  private async load(ids: string[]): Promise<Map<string, IngestSource>> {
    const rows = await this.database.query<SourceRow>('load_sources', LOAD, [uuids(ids)]);
    return new Map(rows.map((row) => [row.id, this.prepare(row)]));
  }

  private prepare(row: SourceRow): IngestSource {
    const { verification_type: scheme, verification_secret: secret } = row;
    return {
      id: row.id,
      organizationId: row.organization_id,
      environmentId: row.environment_id,
      configVersion: row.config_version,
      status: row.status,
      verify:
        row.verification_enabled && scheme && secret
          ? prepareVerification({ scheme, secret: this.keyring.open(secret), header: row.verification_header })
          : null,
      ipRule: ipRule(row.ip_allowlist ?? [], row.ip_denylist ?? []),
    };
  }
}

interface SourceRow {
  id: string;
  organization_id: string;
  environment_id: string;
  config_version: number;
  status: SourceStatus;
  verification_enabled: boolean;
  verification_type: VerificationScheme | null;
  verification_secret: string | null;
  verification_header: string | null;
  ip_allowlist: string[] | null;
  ip_denylist: string[] | null;
}

const LOAD = `
select s.id, s.organization_id, s.environment_id, e.config_version, s.status, s.verification_enabled, s.verification_type,
  s.verification_secret, s.verification_header, s.ip_allowlist, s.ip_denylist
from sources s join environments e on e.id = s.environment_id
where s.id = any($1::uuid[])`;
