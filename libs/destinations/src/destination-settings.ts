import { type EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { Config } from '#libs/config';
import { Keyring } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { TargetGuard } from '#libs/http-client';
import { type AuthType, type Destination, type DestinationStatus, type HttpMethod } from './destination.entity.js';
import { type Ordering } from './admission/admission-policy.js';
import { checkProviderConfig, isProviderSecret, readProviderConfig } from './provider-config.js';
import { type ProviderPolicy } from './provider-field.js';
import { checkCustomHeaders } from './providers/http/custom-headers.js';
import { checkAuth, isAuthSecret } from './providers/http/http-auth.js';
import { maskSigningConfig, readSigningConfig, type SigningConfig } from './providers/http/signing-config.js';
import { type BackoffType } from './retry-policy.js';
import { maskConfig, openConfig, sealConfig, type SealedConfig, unmaskConfig } from './sealed-config.js';

/** What can be set of a destination; undefined leaves it as it is, null clears it. */
export interface DestinationChanges {
  name?: string;
  status?: DestinationStatus;
  url?: string;
  method?: HttpMethod;
  headers?: Record<string, string> | null;
  timeoutMs?: number;
  authType?: AuthType;
  /** In the clear, like the other two; sealed before it is stored. */
  authConfig?: Record<string, string> | null;
  /** As sent; checked here. */
  providerConfig?: Record<string, unknown> | null;
  /** As sent; checked here. */
  signingConfig?: Record<string, unknown> | null;
  retryEnabled?: boolean;
  retryMaxAttempts?: number;
  retryBackoffType?: BackoffType;
  retryIntervals?: number[];
  circuitBreakerEnabled?: boolean;
  circuitBreakerThreshold?: number;
  circuitBreakerResetMs?: number;
  maxConcurrency?: number;
  rateLimitPerSecond?: number | null;
  ordering?: Ordering;
}

/** The sealed settings of a destination as answers show them. Sent back unchanged, they stay as they are. */
export interface MaskedSettings {
  authConfig: SealedConfig | null;
  providerConfig: SealedConfig | null;
  signingConfig: SigningConfig | null;
}

/** Checks, seals and masks what is set of a destination. */
@Injectable()
export class DestinationSettings {
  private readonly policy: ProviderPolicy;

  constructor(
    @Inject(Keyring) private readonly keyring: Keyring,
    @Inject(TargetGuard) private readonly guard: TargetGuard,
    @Inject(Config) config: Config,
  ) {
    this.policy = {
      checkUrl: (url) => guard.checkUrl(url),
      awsDefaultCredentials: config.HOOKSTREAM_AWS_DEFAULT_CREDENTIALS,
    };
  }

  /** @throws ApiError `invalid_body` naming the field that is missing or wrong */
  apply(em: EntityManager, destination: Destination, changes: DestinationChanges): void {
    const { authConfig, providerConfig, signingConfig, ...simple } = changes;
    em.assign(destination, simple, { ignoreUndefined: true });
    this.checkUrl(destination, changes.url);
    if (changes.headers) checkCustomHeaders(changes.headers);
    this.applyAuth(destination, changes.authType, authConfig);
    this.applyProviderConfig(destination, providerConfig);
    this.applySigning(destination, signingConfig);
  }

  masked(destination: Destination): MaskedSettings {
    const auth = openConfig(this.keyring, destination.authConfig);
    const provider = openConfig(this.keyring, destination.providerConfig);
    const signing = openConfig<SigningConfig>(this.keyring, destination.signingConfig);
    return {
      authConfig: auth && maskConfig(auth, isAuthSecret),
      providerConfig: provider && maskConfig(provider, isProviderSecret(destination.type)),
      signingConfig: signing && maskSigningConfig(signing),
    };
  }

  /** @param changed undefined when the URL is not set now */
  private checkUrl({ type, url }: Destination, changed: string | undefined): void {
    const isHttp = type === 'http';
    if (isHttp ? changed === undefined && url !== '' : url === '') return;
    const problem = !isHttp
      ? 'is used by destinations of type http only'
      : url === ''
        ? 'is needed when type is http'
        : this.guard.checkUrl(url);
    if (problem) throw ApiError.invalidField('url', problem);
  }

  private applyAuth(destination: Destination, type: AuthType | undefined, sent: SealedConfig | null | undefined): void {
    if (sent === undefined && type === undefined) return;
    const known = openConfig(this.keyring, destination.authConfig) ?? {};
    const isCleared = sent === undefined && destination.authType === 'none';
    const config = isCleared
      ? {}
      : sent === undefined
        ? known
        : unmaskConfig('auth_config', sent ?? {}, known, isAuthSecret);
    checkAuth(destination.authType, config);
    destination.authConfig = sealConfig(this.keyring, config);
  }

  /** A new destination is checked even if nothing was sent; an empty object changes nothing. */
  private applyProviderConfig(destination: Destination, sent: Record<string, unknown> | null | undefined): void {
    const { type, providerConfig } = destination;
    const isEmpty = sent === undefined || (sent !== null && Object.keys(sent).length === 0);
    if (isEmpty && (type === 'http' || providerConfig)) return;
    const known = openConfig(this.keyring, providerConfig) ?? {};
    const read = readProviderConfig(type, sent ?? {});
    const config = unmaskConfig('provider_config', read, known, isProviderSecret(type));
    checkProviderConfig(type, config, this.policy);
    destination.providerConfig = sealConfig(this.keyring, config);
  }

  private applySigning(destination: Destination, sent: Record<string, unknown> | null | undefined): void {
    if (sent === undefined) return;
    if (sent && destination.type !== 'http') {
      throw ApiError.invalidField('signing_config', 'is used by destinations of type http only');
    }
    const known = openConfig<SigningConfig>(this.keyring, destination.signingConfig);
    destination.signingConfig = sent && sealConfig(this.keyring, readSigningConfig(sent, known));
  }
}
