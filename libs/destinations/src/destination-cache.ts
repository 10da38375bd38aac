import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '#libs/config';
import { Keyring } from '#libs/crypto';
import { Database, uuids } from '#libs/database';
import { TargetGuard } from '#libs/http-client';
import { ConfigCache, ConfigVersions } from '#libs/tenancy';
import { admissionPolicy, type Ordering } from './admission/admission-policy.js';
import { createProvider } from './create-provider.js';
import { type AuthType, type DestinationStatus, type DestinationType, type HttpMethod } from './destination.entity.js';
import { endpointProviderSettings, type EndpointRow, endpointTarget, loadEndpoints } from './endpoint-targets.js';
import { type Provider } from './provider.js';
import { ProviderPool } from './provider-pool.js';
import { type ProviderContext } from './provider-settings.js';
import { type SigningConfig } from './providers/http/signing-config.js';
import { Broadcasts } from './providers/websocket/broadcasts.js';
import { type BackoffType } from './retry-policy.js';
import { openConfig } from './sealed-config.js';
import { type Target } from './target.js';

/** Delivery targets in memory, by the id of the destination or endpoint. */
@Injectable()
export class DestinationCache implements OnApplicationShutdown {
  private readonly targets: ConfigCache<Target>;
  private readonly context: ProviderContext;
  private readonly providers = new ProviderPool();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Keyring) private readonly keyring: Keyring,
    @Inject(TargetGuard) guard: TargetGuard,
    @Inject(Config) config: Config,
    @Inject(ConfigVersions) versions: ConfigVersions,
    @Inject(Broadcasts) broadcaster: Broadcasts,
  ) {
    this.targets = new ConfigCache(versions, (ids) => this.load(ids));
    this.context = { guard, awsDefaultCredentials: config.HOOKSTREAM_AWS_DEFAULT_CREDENTIALS, broadcaster };
  }

  /** The targets that exist of the given ids, of destinations or endpoints. */
  getMany(ids: Iterable<string>): Promise<Map<string, Target>> {
    return this.targets.getMany(ids);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.providers.close();
  }

  private async load(ids: string[]): Promise<Map<string, Target>> {
    const rows = await this.database.query<DestinationRow>('load_destinations', LOAD, [uuids(ids)]);
    const found = new Map(rows.map((row) => [row.id, this.prepare(row)]));
    const others = ids.filter((id) => !found.has(id));
    const endpoints = others.length > 0 ? await loadEndpoints(this.database, others) : [];
    for (const row of endpoints) found.set(row.id, endpointTarget(row, this.endpointProvider(row)));
    for (const id of ids) if (!found.has(id)) this.providers.drop(id);
    return found;
  }

  private prepare(row: DestinationRow): Target {
    return {
      id: row.id,
      name: row.name,
      environmentId: row.environment_id,
      configVersion: row.config_version,
      status: row.status,
      isExpired: false,
      admission: admissionPolicy({
        isActive: row.status === 'active',
        maxConcurrency: row.max_concurrency,
        rateLimitPerSecond: row.rate_limit_per_second,
        ordering: row.ordering,
        circuitBreakerEnabled: row.circuit_breaker_enabled,
        circuitBreakerThreshold: row.circuit_breaker_threshold,
        circuitBreakerResetMs: row.circuit_breaker_reset_ms,
      }),
      retry: {
        enabled: row.retry_enabled,
        maxAttempts: row.retry_max_attempts,
        backoffType: row.retry_backoff_type,
        intervals: row.retry_intervals,
      },
      provider: this.provider(row),
    };
  }

  /** Most changes of an environment are not about this destination: its provider then stays as it is. */
  private provider(row: DestinationRow): Provider {
    const { id, type, url, method, headers, timeout_ms, auth_type, auth_config, signing_config, provider_config } = row;
    const version = JSON.stringify([
      ...[url, method, headers, timeout_ms, auth_type, auth_config, signing_config, provider_config],
    ]);
    return this.providers.get(id, version, () =>
      createProvider(this.context, {
        destinationId: id,
        environmentId: row.environment_id,
        type,
        url,
        method,
        headers: headers ?? {},
        timeoutMs: timeout_ms,
        authType: auth_type,
        authConfig: openConfig(this.keyring, auth_config) ?? {},
        signing: openConfig<SigningConfig>(this.keyring, signing_config),
        config: openConfig(this.keyring, provider_config) ?? {},
      }),
    );
  }

  private endpointProvider(row: EndpointRow): Provider {
    const version = JSON.stringify([row.url, row.headers, row.signing_secret, row.old_signing_secrets]);
    return this.providers.get(row.id, version, () =>
      createProvider(this.context, endpointProviderSettings(this.keyring, row)),
    );
  }
}

interface DestinationRow {
  id: string;
  environment_id: string;
  config_version: number;
  name: string;
  type: DestinationType;
  status: DestinationStatus;
  url: string;
  method: HttpMethod;
  headers: Record<string, string> | null;
  timeout_ms: number;
  auth_type: AuthType;
  auth_config: string | null;
  signing_config: string | null;
  provider_config: string | null;
  retry_enabled: boolean;
  retry_max_attempts: number;
  retry_backoff_type: BackoffType;
  retry_intervals: number[];
  max_concurrency: number;
  rate_limit_per_second: number | null;
  ordering: Ordering;
  circuit_breaker_enabled: boolean;
  circuit_breaker_threshold: number;
  circuit_breaker_reset_ms: number;
}

const LOAD = `
select d.id, d.environment_id, e.config_version, d.name, d.type, d.status, d.url, d.method, d.headers, d.timeout_ms,
  d.auth_type, d.auth_config, d.signing_config, d.provider_config, d.retry_enabled, d.retry_max_attempts,
  d.retry_backoff_type, d.retry_intervals,
  d.max_concurrency, d.rate_limit_per_second, d.ordering, d.circuit_breaker_enabled, d.circuit_breaker_threshold,
  d.circuit_breaker_reset_ms
from destinations d join environments e on e.id = d.environment_id
where d.id = any($1::uuid[])`;
