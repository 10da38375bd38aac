import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { newId } from '#libs/crypto';
import { decodeCursor, isUniqueViolation, type Page, type PageRequest, toPage } from '#libs/database';
import { ApiError } from '#libs/errors';
import { checkSchema } from '#libs/json-schema';
import { ConfigChanges, PlanLimits, type Principal } from '#libs/tenancy';
import { EventType, type EventTypeStatus } from './event-type.entity.js';

/** What can be set of an event type; undefined leaves it as it is, null clears it. */
export interface EventTypeChanges {
  description?: string | null;
  jsonSchema?: Record<string, unknown> | null;
  status?: EventTypeStatus;
}

export interface NewEventType extends EventTypeChanges {
  name: string;
}

export interface EventTypeFilter extends PageRequest {
  status?: EventTypeStatus;
}

@Injectable()
export class EventTypesService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(ConfigChanges) private readonly changes: ConfigChanges,
    @Inject(PlanLimits) private readonly limits: PlanLimits,
  ) {}

  /** Newest first. */
  async list({ environmentId }: Principal, { cursor, limit, status }: EventTypeFilter): Promise<Page<EventType>> {
    const where = {
      environmentId,
      ...(status && { status }),
      ...(cursor && { id: { $lt: decodeCursor(cursor) } }),
    };
    return toPage(await this.em.fork().find(EventType, where, { orderBy: { id: 'desc' }, limit: limit + 1 }), limit);
  }

  /** @throws ApiError `event_type_not_found` */
  async get({ environmentId }: Principal, id: string): Promise<EventType> {
    return find(this.em.fork(), environmentId, id);
  }

  /** @throws ApiError `event_type_taken`, `invalid_body`, `plan_limit` */
  async create({ organizationId, environmentId }: Principal, input: NewEventType): Promise<EventType> {
    const { name, ...changes } = input;
    return this.changes
      .commit(environmentId, async (em) => {
        await this.limits.assertRoom(em, { organizationId }, 'event_types');
        const eventType = em.create(EventType, { id: newId(), organizationId, environmentId, name });
        apply(em, eventType, changes);
        return eventType;
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new ApiError('event_type_taken') : error;
      });
  }

  /** Its name cannot be changed. @throws ApiError `event_type_not_found`, `invalid_body` */
  async update({ environmentId }: Principal, id: string, update: Partial<NewEventType>): Promise<EventType> {
    const { name, ...changes } = update;
    return this.changes.commit(environmentId, async (em) => {
      const eventType = await find(em, environmentId, id);
      ApiError.refuseChange('name', name, eventType.name);
      apply(em, eventType, changes);
      return eventType;
    });
  }

  /** @throws ApiError `event_type_not_found` */
  async delete({ environmentId }: Principal, id: string): Promise<void> {
    await this.changes.commit(environmentId, async (em) => {
      em.remove(await find(em, environmentId, id));
    });
  }
}

async function find(em: EntityManager, environmentId: string, id: string): Promise<EventType> {
  const eventType = await em.findOne(EventType, { id, environmentId });
  if (!eventType) throw new ApiError('event_type_not_found');
  return eventType;
}

function apply(em: EntityManager, eventType: EventType, changes: EventTypeChanges): void {
  const problem = changes.jsonSchema && checkSchema(changes.jsonSchema);
  if (problem) throw ApiError.invalidField('json_schema', problem);
  em.assign(eventType, changes, { ignoreUndefined: true });
}
