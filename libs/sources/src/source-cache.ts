import { Inject, Injectable } from '@nestjs/common';
import { Keyring, prepareVerification, type SignatureFormat, type VerificationScheme } from '#libs/crypto';
import { Database, uuids } from '#libs/database';
import { schemaValidator } from '#libs/json-schema';
import { ConfigCache, ConfigVersions, type Versioned } from '#libs/tenancy';
import { type DedupKey, dedupKey, type DedupStrategy } from './dedup-key.js';
import { type IpRule, ipRule } from './ip-rule.js';
import { type SchemaRule } from './schema-rule.js';
import { type SchemaAction, type SourceStatus } from './source.entity.js';

/** What ingest needs to know of a source, made ready once per change. */
export interface IngestSource extends Versioned {
  id: string;
  organizationId: string;
  status: SourceStatus;
  /** Null when the source does not verify. */
  verify: ReturnType<typeof prepareVerification> | null;
  ipRule: IpRule;
  /** Null when any body will do. */
  schema: SchemaRule | null;
  /** Null when every webhook is new. */
  dedup: { key: DedupKey; windowSeconds: number } | null;
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
          ? prepareVerification({
              scheme,
              secret: this.keyring.open(secret),
              header: row.verification_header,
              format: row.verification_config,
            })
          : null,
      ipRule: ipRule(row.ip_allowlist ?? [], row.ip_denylist ?? []),
      schema:
        row.schema_validation_enabled && row.json_schema
          ? { action: row.schema_action ?? 'reject', validate: schemaValidator(row.json_schema) }
          : null,
      dedup:
        row.dedup_enabled && row.dedup_strategy
          ? {
              key: dedupKey({ strategy: row.dedup_strategy, field: row.dedup_field }),
              windowSeconds: row.dedup_window_seconds,
            }
          : null,
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
  verification_config: SignatureFormat | null;
  dedup_enabled: boolean;
  dedup_strategy: DedupStrategy | null;
  dedup_field: string | null;
  dedup_window_seconds: number;
  schema_validation_enabled: boolean;
  json_schema: Record<string, unknown> | null;
  schema_action: SchemaAction | null;
}

const LOAD = `
select s.id, s.organization_id, s.environment_id, e.config_version, s.status, s.verification_enabled, s.verification_type,
  s.verification_secret, s.verification_header, s.verification_config, s.ip_allowlist, s.ip_denylist, s.dedup_enabled,
  s.dedup_strategy, s.dedup_field, s.dedup_window_seconds, s.schema_validation_enabled, s.json_schema, s.schema_action
from sources s join environments e on e.id = s.environment_id
where s.id = any($1::uuid[])`;
