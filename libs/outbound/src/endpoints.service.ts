import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { Keyring, newId } from '#libs/crypto';
import { decodeCursor, type Page, type PageRequest, toPage } from '#libs/database';
import { cancelDeliveries, checkMessageHeaders, Wakeups } from '#libs/destinations';
import { ApiError } from '#libs/errors';
import { TargetGuard } from '#libs/http-client';
import { tellOf } from '#libs/operational';
import { ConfigChanges, PlanLimits, type Principal } from '#libs/tenancy';
import { chooseSecret, type SecretChoice } from './choose-secret.js';
import { endpointChanged } from './endpoint-changed.js';
import { Endpoint, type EndpointState, type StoredSecret } from './endpoint.entity.js';
import { findApplication } from './find-application.js';

/** What can be set of an endpoint; undefined leaves it as it is, null clears it. */
export interface EndpointChanges {
  url?: string;
  description?: string | null;
  /** Sent with each message. */
  headers?: Record<string, string> | null;
  /** `expired` leaves one that is expired as it is. */
  status?: EndpointState;
  /** Names of event types, or `prefix.*`. */
  filterTypes?: string[] | null;
  /** It gets only messages of at least one of these. */
  channels?: string[] | null;
  rateLimitPerSecond?: number | null;
  /** In the future. */
  expiresAt?: Date | null;
}

export interface NewEndpoint extends EndpointChanges, SecretChoice {
  url: string;
}

/** How a secret is replaced; the algorithm stays as it is when neither it nor a secret is given. */
export interface SecretRotation extends SecretChoice {
  /** How long the replaced secret signs beside the new one. */
  graceSeconds?: number;
}

/** A day: time enough for a receiver to learn the new secret. */
const DEFAULT_GRACE_SECONDS = 24 * 3600;

export interface EndpointFilter extends PageRequest {
  status?: EndpointState;
}

/** Endpoints of applications; every method takes the application's id or uid. */
@Injectable()
export class EndpointsService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(ConfigChanges) private readonly changes: ConfigChanges,
    @Inject(PlanLimits) private readonly limits: PlanLimits,
    @Inject(Keyring) private readonly keyring: Keyring,
    @Inject(TargetGuard) private readonly guard: TargetGuard,
    @Inject(Wakeups) private readonly wakeups: Wakeups,
  ) {}

  /** Newest first. @throws ApiError `application_not_found` */
  async list({ environmentId }: Principal, appId: string, filter: EndpointFilter): Promise<Page<Endpoint>> {
    const { cursor, limit, status } = filter;
    const em = this.em.fork();
    const where = {
      application: await findApplication(em, environmentId, appId),
      ...(status && inState(status)),
      ...(cursor && { id: { $lt: decodeCursor(cursor) } }),
    };
    return toPage(await em.find(Endpoint, where, { orderBy: { id: 'desc' }, limit: limit + 1 }), limit);
  }

  /** @throws ApiError `application_not_found`, `endpoint_not_found` */
  async get({ environmentId }: Principal, appId: string, id: string): Promise<Endpoint> {
    return find(this.em.fork(), environmentId, appId, id);
  }

  /**
   * @returns the endpoint and its signing secret in the clear, which is not shown again
   * @throws ApiError `application_not_found`, `invalid_body`, `plan_limit`
   */
  async create(
    { organizationId, environmentId }: Principal,
    appId: string,
    { url, signingSecret, signingAlgorithm, ...changes }: NewEndpoint,
  ): Promise<{ endpoint: Endpoint; signingSecret: string }> {
    const chosen = chooseSecret({ signingSecret, signingAlgorithm });
    const endpoint = await this.changes.commit(environmentId, async (em) => {
      const application = await findApplication(em, environmentId, appId);
      await this.limits.assertRoom(em, { organizationId }, 'endpoints');
      const created = em.create(Endpoint, {
        id: newId(),
        organizationId,
        environmentId,
        application,
        url,
        ...this.stored(chosen),
        oldSigningSecrets: [],
      });
      this.apply(em, created, { url, ...changes });
      await em.flush();
      await tellOf(em, [created.id], 'endpoint.created');
      return created;
    });
    return { endpoint, signingSecret: chosen.secret };
  }

  /** @throws ApiError `application_not_found`, `endpoint_not_found`, `invalid_body` */
  async update({ environmentId }: Principal, appId: string, id: string, changes: EndpointChanges): Promise<Endpoint> {
    const updated = await this.changes.commit(environmentId, async (em) => {
      const endpoint = await find(em, environmentId, appId, id);
      const before = { state: endpoint.state(), updatedAt: endpoint.updatedAt };
      this.apply(em, endpoint, changes);
      await em.flush();
      await endpointChanged(em, endpoint, before);
      return endpoint;
    });
    // What waits may go now, or faster.
    await this.wakeups.wake([id]);
    return updated;
  }

  /** Removes the endpoint and cancels what waits for it. @throws ApiError `application_not_found`, `endpoint_not_found` */
  async delete({ environmentId }: Principal, appId: string, id: string): Promise<void> {
    await this.changes.commit(environmentId, async (em) => {
      em.remove(await find(em, environmentId, appId, id));
      await tellOf(em, [id], 'endpoint.deleted');
      await cancelDeliveries(em, [id], 'destination_deleted');
    });
  }

  /**
   * Signs with another secret from now on; the replaced one stays valid for a day unless something else is said.
   *
   * @returns the new secret in the clear, which is not shown again
   * @throws ApiError `application_not_found`, `endpoint_not_found`, `invalid_body`
   */
  async rotateSecret(
    { environmentId }: Principal,
    appId: string,
    id: string,
    { graceSeconds = DEFAULT_GRACE_SECONDS, ...choice }: SecretRotation = {},
  ): Promise<string> {
    return this.changes.commit(environmentId, async (em) => {
      const endpoint = await find(em, environmentId, appId, id, LockMode.PESSIMISTIC_WRITE);
      const chosen = chooseSecret(choice, endpoint.signingAlgorithm);
      const isChosen = (sealed: string) => this.keyring.open(sealed) === chosen.secret;
      endpoint.rotateSecret(this.stored(chosen), graceSeconds, isChosen);
      await tellOf(em, [id], 'endpoint.updated');
      return chosen.secret;
    });
  }

  private stored({ secret, key }: ReturnType<typeof chooseSecret>): StoredSecret {
    return {
      signingAlgorithm: key.algorithm,
      publicKey: key.publicKey,
      signingSecret: this.keyring.seal(secret),
    };
  }

  private apply(em: EntityManager, endpoint: Endpoint, changes: EndpointChanges): void {
    const { status, expiresAt, ...rest } = changes;
    const { url, headers } = rest;
    const problem = url !== undefined && this.guard.checkUrl(url);
    if (problem) throw ApiError.invalidField('url', problem);
    if (headers) checkMessageHeaders(headers);
    // What has passed meanwhile may be sent back as it was read.
    if (expiresAt && expiresAt <= new Date() && expiresAt.getTime() !== endpoint.expiresAt?.getTime()) {
      throw ApiError.invalidField('expires_at', 'must be in the future');
    }
    if (status === 'expired') {
      if (endpoint.state() !== 'expired') throw ApiError.invalidField('status', 'becomes expired by expires_at alone');
    } else if (status) {
      endpoint.setStatus(status);
    }
    if (expiresAt !== undefined) endpoint.setExpiry(expiresAt);
    em.assign(endpoint, rest, { ignoreUndefined: true });
  }
}

/** The same as {@link Endpoint.state}. */
function inState(state: EndpointState) {
  if (state === 'disabled') return { status: state };
  const now = new Date();
  if (state === 'expired') return { status: 'active' as const, expiresAt: { $lte: now } };
  return { status: state, $or: [{ expiresAt: null }, { expiresAt: { $gt: now } }] };
}

async function find(
  em: EntityManager,
  environmentId: string,
  appId: string,
  id: string,
  lockMode?: LockMode.PESSIMISTIC_WRITE,
): Promise<Endpoint> {
  const application = await findApplication(em, environmentId, appId);
  const endpoint = await em.findOne(Endpoint, { id, application }, { lockMode });
  if (!endpoint) throw new ApiError('endpoint_not_found');
  return endpoint;
}
