import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { newId } from '#libs/crypto';
import { decodeCursor, isUniqueViolation, type Page, type PageRequest, toPage } from '#libs/database';
import { ApiError } from '#libs/errors';
import { ConfigChanges } from './config-changes.js';
import { Environment } from './environment.entity.js';
import { PlanLimits } from './plan-limits.js';
import { type Principal } from './principal.js';

/** What can be set of an environment; undefined leaves it as it is. */
export interface EnvironmentChanges {
  name?: string;
  slug?: string;
}

/** The environments of the caller's organization. */
@Injectable()
export class EnvironmentsService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(ConfigChanges) private readonly changes: ConfigChanges,
    @Inject(PlanLimits) private readonly limits: PlanLimits,
  ) {}

  /** The caller in another environment of the organization. @throws ApiError `environment_not_found` */
  async enter<Caller extends Principal>(caller: Caller, environmentId: string): Promise<Caller> {
    const { id } = await this.get(caller, environmentId);
    return { ...caller, environmentId: id };
  }

  /** Newest first. */
  async list({ organizationId }: Principal, { cursor, limit }: PageRequest): Promise<Page<Environment>> {
    const where = { organizationId, ...(cursor && { id: { $lt: decodeCursor(cursor) } }) };
    return toPage(await this.em.fork().find(Environment, where, { orderBy: { id: 'desc' }, limit: limit + 1 }), limit);
  }

  /** @throws ApiError `environment_not_found` */
  async get(caller: Principal, id: string): Promise<Environment> {
    return this.find(this.em.fork(), caller, id);
  }

  /** @throws ApiError `slug_taken`, `plan_limit` */
  async create({ organizationId }: Principal, input: Required<EnvironmentChanges>): Promise<Environment> {
    return this.em
      .fork()
      .transactional(async (em) => {
        await this.limits.assertRoom(em, { organizationId }, 'environments');
        return em.create(Environment, { id: newId(), organizationId, ...input });
      })
      .catch(refuseTakenSlug);
  }

  /** @throws ApiError `environment_not_found`, `slug_taken` */
  async update(caller: Principal, id: string, changes: EnvironmentChanges): Promise<Environment> {
    return this.em
      .fork()
      .transactional(async (em) => em.assign(await this.find(em, caller, id), changes, { ignoreUndefined: true }))
      .catch(refuseTakenSlug);
  }

  /**
   * Removes an environment with everything that was made in it, and cancels what waits to be delivered. Events stay
   * until their retention ends, out of reach.
   *
   * @throws ApiError `environment_not_found`, `environment_needed` when the caller or the organization would be left without
   */
  async delete(caller: Principal, id: string): Promise<void> {
    await this.changes.commit(id, async (em) => {
      // Two deletions at the same time would otherwise each see the other's environment as the one that is left.
      await em.execute('select from organizations where id = ? for no key update', [caller.organizationId]);
      const environment = await this.find(em, caller, id);
      if (caller.apiKeyId && id === caller.environmentId) {
        throw new ApiError('environment_needed', { sentence: 'The environment of the calling key cannot be deleted' });
      }
      if ((await em.count(Environment, { organizationId: caller.organizationId })) === 1) {
        throw new ApiError('environment_needed', { sentence: 'The last environment cannot be deleted' });
      }
      await em.execute(CANCEL_DELIVERIES, [id]);
      em.remove(environment);
    });
  }

  private async find(em: EntityManager, { organizationId }: Principal, id: string): Promise<Environment> {
    const environment = await em.findOne(Environment, { id, organizationId });
    if (!environment) throw new ApiError('environment_not_found');
    return environment;
  }
}

function refuseTakenSlug(error: unknown): never {
  throw isUniqueViolation(error) ? new ApiError('slug_taken') : error;
}

const CANCEL_DELIVERIES = `
update deliveries set state = 'cancelled', cause = 'destination_deleted', next_retry_at = null
where environment_id = ? and state in ('waiting', 'queued', 'retrying')`;
