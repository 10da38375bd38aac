import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { newId } from '#libs/crypto';
import { decodeCursor, isUniqueViolation, type Page, type PageRequest, toPage } from '#libs/database';
import { ApiError } from '#libs/errors';
import { ConfigChanges, PlanLimits, type Principal } from '#libs/tenancy';
import { Wakeups } from './admission/wakeups.js';
import { cancelDeliveries, keepDeliveries } from './cancel-deliveries.js';
import { type DestinationChanges, DestinationSettings, type MaskedSettings } from './destination-settings.js';
import { Destination, type DestinationStatus, type DestinationType } from './destination.entity.js';
import { DEFAULT_RETRY_INTERVALS } from './retry-policy.js';

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
    @Inject(PlanLimits) private readonly limits: PlanLimits,
    @Inject(DestinationSettings) private readonly settings: DestinationSettings,
    @Inject(Wakeups) private readonly wakeups: Wakeups,
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
        this.settings.apply(em, destination, changes);
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
    const updated = await this.changes.commit(environmentId, async (em) => {
      const destination = await this.find(em, environmentId, id);
      ApiError.refuseChange('slug', slug, destination.slug);
      ApiError.refuseChange('type', type, destination.type);
      const before = destination.status;
      this.settings.apply(em, destination, changes);
      if (destination.status !== before) await this.stopOrKeep(em, destination);
      return destination;
    });
    // What waits may go now, or faster.
    await this.wakeups.wake([id]);
    return updated;
  }

  /** Removes the destination and its connections, and cancels what waits for it. @throws ApiError `destination_not_found` */
  async delete({ environmentId }: Principal, id: string): Promise<void> {
    await this.changes.commit(environmentId, async (em) => {
      em.remove(await this.find(em, environmentId, id));
      await cancelDeliveries(em, [id], 'destination_deleted');
    });
  }

  /** Its sealed settings as answers show them. */
  masked(destination: Destination): MaskedSettings {
    return this.settings.masked(destination);
  }

  private async stopOrKeep(em: EntityManager, { id, status }: Destination): Promise<void> {
    if (status === 'disabled') await cancelDeliveries(em, [id], 'destination_disabled');
    else await keepDeliveries(em, [id]);
  }

  private async find(em: EntityManager, environmentId: string, id: string): Promise<Destination> {
    const destination = await em.findOne(Destination, { id, environmentId });
    if (!destination) throw new ApiError('destination_not_found');
    return destination;
  }
}
