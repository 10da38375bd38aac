import { type Keyring } from '#libs/crypto';
import { type Database, uuids } from '#libs/database';
import { admissionPolicy, DEFAULT_MAX_CONCURRENCY } from './admission/admission-policy.js';
import { type Provider } from './provider.js';
import { type ProviderSettings } from './provider-settings.js';
import { DEFAULT_RETRY_INTERVALS, type RetryPolicy } from './retry-policy.js';
import { type Target } from './target.js';

/** Endpoints have no settings for these: what destinations have by default. */
const TIMEOUT_MS = 30_000;
const CIRCUIT = { circuitBreakerEnabled: true, circuitBreakerThreshold: 5, circuitBreakerResetMs: 60_000 };
const RETRY: RetryPolicy = {
  enabled: true,
  maxAttempts: 5,
  backoffType: 'exponential',
  intervals: DEFAULT_RETRY_INTERVALS,
};

/** An endpoint with everything that delivering to it takes. */
export interface EndpointRow {
  id: string;
  environment_id: string;
  config_version: number;
  url: string;
  headers: Record<string, string> | null;
  /** Of the endpoint and its application together. */
  is_active: boolean;
  /** Sealed. */
  signing_secret: string;
  old_signing_secrets: { secret: string; expires_at: string }[];
  rate_limit_per_second: number | null;
  application_id: string;
  /** Of all endpoints of its application together. */
  application_rate_limit: number | null;
  expires_at: Date | null;
}

/** The endpoints that exist of the given ids. */
export function loadEndpoints(database: Database, ids: string[]): Promise<EndpointRow[]> {
  return database.query<EndpointRow>('load_endpoints', LOAD, [uuids(ids)]);
}

/** An endpoint as the engine sees it. Its time may run out while it is cached, so its status looks at the clock. */
export function endpointTarget(row: EndpointRow, provider: Provider): Target {
  const isOver = () => row.expires_at !== null && row.expires_at <= new Date();
  return {
    id: row.id,
    name: row.url,
    environmentId: row.environment_id,
    configVersion: row.config_version,
    get status() {
      return row.is_active && !isOver() ? 'active' : 'disabled';
    },
    get isExpired() {
      return row.is_active && isOver();
    },
    admission: admissionPolicy({
      isActive: row.is_active && !isOver(),
      maxConcurrency: DEFAULT_MAX_CONCURRENCY,
      rateLimitPerSecond: row.rate_limit_per_second,
      sharedRate: row.application_rate_limit ? { id: row.application_id, perSecond: row.application_rate_limit } : null,
      ordering: 'none',
      ...CIRCUIT,
    }),
    retry: RETRY,
    provider,
  };
}

/** An endpoint's provider is that of an http destination that signs messages. */
export function endpointProviderSettings(keyring: Keyring, row: EndpointRow): ProviderSettings {
  const old = row.old_signing_secrets.map(({ secret, expires_at }) => ({
    secret: keyring.open(secret),
    expiresAt: new Date(expires_at),
  }));
  return {
    destinationId: row.id,
    environmentId: row.environment_id,
    type: 'http',
    url: row.url,
    method: 'POST',
    headers: row.headers ?? {},
    timeoutMs: TIMEOUT_MS,
    authType: 'none',
    authConfig: {},
    signing: null,
    messageSecrets: [{ secret: keyring.open(row.signing_secret), expiresAt: null }, ...old],
    config: {},
  };
}

const LOAD = `
select e.id, e.environment_id, v.config_version, e.url, e.headers, e.status = 'active' and a.status = 'active' as is_active,
  e.signing_secret, e.old_signing_secrets, e.rate_limit_per_second, e.application_id,
  a.rate_limit as application_rate_limit, e.expires_at
from endpoints e join applications a on a.id = e.application_id join environments v on v.id = e.environment_id
where e.id = any($1::uuid[])`;
