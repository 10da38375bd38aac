import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { isMasked, Keyring, maskSecret, newId } from '#libs/crypto';
import { decodeCursor, isUniqueViolation, type Page, type PageRequest, toPage } from '#libs/database';
import { ApiError } from '#libs/errors';
import { TargetGuard } from '#libs/http-client';
import { ConfigChanges, PlanLimits, type Principal } from '#libs/tenancy';
import {
  type AuthType,
  Destination,
  type DestinationStatus,
  type DestinationType,
  type HttpMethod,
} from './destination.entity.js';
import { checkCustomHeaders } from './providers/http/custom-headers.js';
import { checkAuth } from './providers/http/http-auth.js';
import { type BackoffType, DEFAULT_RETRY_INTERVALS } from './retry-policy.js';

/** What can be set of a destination; undefined leaves it as it is, null clears it. */
export interface DestinationChanges {
  name?: string;
  status?: DestinationStatus;
  url?: string;
  method?: HttpMethod;
  headers?: Record<string, string> | null;
  timeoutMs?: number;
  authType?: AuthType;
  /** In the clear; sealed before it is stored. */
  authConfig?: Record<string, string> | null;
  retryEnabled?: boolean;
  retryMaxAttempts?: number;
  retryBackoffType?: BackoffType;
  retryIntervals?: number[];
  circuitBreakerEnabled?: boolean;
  circuitBreakerThreshold?: number;
  circuitBreakerResetMs?: number;
}

export interface NewDestination extends DestinationChanges {
  name: string;
  slug: string;
  type?: DestinationType;
}

export interface DestinationFilter extends PageRequest {
  status?: DestinationStatus;
  type?: DestinationType;
}

@Injectable()
export class DestinationsService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(ConfigChanges) private readonly changes: ConfigChanges,
    @Inject(Keyring) private readonly keyring: Keyring,
    @Inject(PlanLimits) private readonly limits: PlanLimits,
    @Inject(TargetGuard) private readonly guard: TargetGuard,
  ) {}

  /** Newest first. */
  async list({ environmentId }: Principal, filter: DestinationFilter): Promise<Page<Destination>> {
    const { cursor, limit, status, type } = filter;
    const where = {
      environmentId,
      ...(status && { status }),
      ...(type && { type }),
      ...(cursor && { id: { $lt: decodeCursor(cursor) } }),
    };
    return toPage(await this.em.fork().find(Destination, where, { orderBy: { id: 'desc' }, limit: limit + 1 }), limit);
  }

  /** @throws ApiError `destination_not_found` */
  async get({ environmentId }: Principal, id: string): Promise<Destination> {
    return this.find(this.em.fork(), environmentId, id);
  }

  /** @throws ApiError `slug_taken`, `invalid_body`, `plan_limit` */
  async create({ organizationId, environmentId }: Principal, input: NewDestination): Promise<Destination> {
    const { name, slug, type, ...changes } = input;
    return this.changes
      .commit(environmentId, async (em) => {
        await this.limits.assertRoom(em, { organizationId }, 'destinations');
        const destination = em.create(Destination, {
          id: newId(),
          organizationId,
          environmentId,
          name,
          slug,
          ...(type && { type }),
          retryIntervals: DEFAULT_RETRY_INTERVALS,
        });
        this.apply(em, destination, changes);
        return destination;
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new ApiError('slug_taken') : error;
      });
  }

  /**
   * Slug and type cannot be changed.
   *
   * @throws ApiError `destination_not_found`, `invalid_body`
   */
  async update({ environmentId }: Principal, id: string, update: Partial<NewDestination>): Promise<Destination> {
    const { slug, type, ...changes } = update;
    return this.changes.commit(environmentId, async (em) => {
      const destination = await this.find(em, environmentId, id);
      ApiError.refuseChange('slug', slug, destination.slug);
      ApiError.refuseChange('type', type, destination.type);
      this.apply(em, destination, changes);
      return destination;
    });
  }

  /** Removes the destination and its connections, and cancels what waits for it. @throws ApiError `destination_not_found` */
  async delete({ environmentId }: Principal, id: string): Promise<void> {
    await this.changes.commit(environmentId, async (em) => {
      em.remove(await this.find(em, environmentId, id));
      await em.execute(CANCEL_DELIVERIES, [id]);
    });
  }

  /** `auth_config` as answers show it. Sent back unchanged, it leaves the secrets as they are. */
  maskedAuthConfig(destination: Destination): Record<string, string> | null {
    const config = this.authConfig(destination);
    return (
      config && Object.fromEntries(Object.entries(config).map(([name, value]) => [name, maskedField(name, value)]))
    );
  }

  private async find(em: EntityManager, environmentId: string, id: string): Promise<Destination> {
    const destination = await em.findOne(Destination, { id, environmentId });
    if (!destination) throw new ApiError('destination_not_found');
    return destination;
  }

  private apply(em: EntityManager, destination: Destination, { authConfig, ...changes }: DestinationChanges): void {
    const known = this.authConfig(destination) ?? {};
    em.assign(destination, changes, { ignoreUndefined: true });
    if (changes.url !== undefined || destination.url === '') this.checkUrl(destination.url);
    if (changes.headers) checkCustomHeaders(changes.headers);
    if (authConfig === undefined && changes.authType === undefined) return;
    const config = authConfig === undefined ? known : unmasked(authConfig ?? {}, known);
    if (destination.authType === 'none' && authConfig === undefined) {
      destination.authConfig = null;
      return;
    }
    checkAuth(destination.authType, config);
    destination.authConfig = Object.keys(config).length > 0 ? this.keyring.seal(JSON.stringify(config)) : null;
  }

  private authConfig(destination: Destination): Record<string, string> | null {
    if (!destination.authConfig) return null;
    return JSON.parse(this.keyring.open(destination.authConfig)) as Record<string, string>;
  }

  private checkUrl(url: string): void {
    const problem = url === '' ? 'is needed when type is http' : this.guard.checkUrl(url);
    if (problem) throw ApiError.invalidField('url', problem);
  }
}

/** Neither the header's name nor the user's is a secret. */
function maskedField(name: string, value: string): string {
  return name === 'header' || name === 'username' ? value : maskSecret(value);
}

/**
 * Values that are still as they were shown masked stand for what is stored.
 *
 * @throws ApiError `invalid_body` for a mask that stands for nothing
 */
function unmasked(config: Record<string, string>, known: Record<string, string>): Record<string, string> {
  const unmask = (name: string, value: string) => {
    if (known[name] !== undefined && value === maskedField(name, known[name])) return known[name];
    if (isMasked(value)) throw ApiError.invalidField(`auth_config.${name}`, 'is masked: send the secret itself');
    return value;
  };
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, unmask(name, value)]));
}

const CANCEL_DELIVERIES = `
update deliveries set state = 'cancelled', cause = 'destination_deleted', next_retry_at = null
where destination_id = ? and state in ('waiting', 'queued', 'retrying')`;
