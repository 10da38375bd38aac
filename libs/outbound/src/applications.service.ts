import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { newId, parseId } from '#libs/crypto';
import { decodeCursor, isUniqueViolation, type Page, type PageRequest, toPage } from '#libs/database';
import { cancelDeliveries, keepDeliveries, Wakeups } from '#libs/destinations';
import { ApiError } from '#libs/errors';
import { tellOf } from '#libs/operational';
import { ConfigChanges, PlanLimits, type Principal } from '#libs/tenancy';
import { Application, type ApplicationStatus } from './application.entity.js';
import { Endpoint } from './endpoint.entity.js';
import { findApplication } from './find-application.js';

/** What can be set of an application; undefined leaves it as it is, null clears it. */
export interface ApplicationChanges {
  name?: string;
  description?: string | null;
  metadata?: Record<string, unknown> | null;
  status?: ApplicationStatus;
  /** Whether its endpoints get news of the endpoints of its environment. */
  operational?: boolean;
  rateLimit?: number | null;
}

export interface NewApplication extends ApplicationChanges {
  name: string;
  uid: string;
}

export interface ApplicationFilter extends PageRequest {
  status?: ApplicationStatus;
  /** Part of the name or uid, in any case. */
  search?: string;
}

/** What belongs to an application. */
export interface ApplicationCounts {
  endpoints: number;
  messages: number;
}

@Injectable()
export class ApplicationsService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(ConfigChanges) private readonly changes: ConfigChanges,
    @Inject(PlanLimits) private readonly limits: PlanLimits,
    @Inject(Wakeups) private readonly wakeups: Wakeups,
  ) {}

  /** Newest first. */
  async list({ environmentId }: Principal, filter: ApplicationFilter): Promise<Page<Application>> {
    const { cursor, limit, status, search } = filter;
    const pattern = search && `%${search.replace(/[\\%_]/g, String.raw`\$&`)}%`;
    const where = {
      environmentId,
      ...(status && { status }),
      ...(pattern && { $or: [{ name: { $ilike: pattern } }, { uid: { $ilike: pattern } }] }),
      ...(cursor && { id: { $lt: decodeCursor(cursor) } }),
    };
    return toPage(await this.em.fork().find(Application, where, { orderBy: { id: 'desc' }, limit: limit + 1 }), limit);
  }

  /** @param idOrUid either @throws ApiError `application_not_found` */
  async get({ environmentId }: Principal, idOrUid: string): Promise<Application> {
    return findApplication(this.em.fork(), environmentId, idOrUid);
  }

  /** @throws ApiError `uid_taken`, `plan_limit` */
  async create({ organizationId, environmentId }: Principal, input: NewApplication): Promise<Application> {
    return this.changes
      .commit(environmentId, async (em) => {
        await this.limits.assertRoom(em, { organizationId }, 'applications');
        await refuseIdAsUid(em, environmentId, input.uid);
        return em.create(Application, { id: newId(), organizationId, environmentId, ...input });
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new ApiError('uid_taken') : error;
      });
  }

  /**
   * Its uid cannot be changed.
   *
   * @param idOrUid either
   * @throws ApiError `application_not_found`, `invalid_body`
   */
  async update({ environmentId }: Principal, idOrUid: string, update: Partial<NewApplication>): Promise<Application> {
    const { uid, ...changes } = update;
    const woken: string[] = [];
    const updated = await this.changes.commit(environmentId, async (em) => {
      const application = await findApplication(em, environmentId, idOrUid);
      ApiError.refuseChange('uid', uid, application.uid);
      const { status, rateLimit } = application;
      em.assign(application, changes, { ignoreUndefined: true });
      if (application.status !== status) woken.push(...(await stopOrKeep(em, application)));
      else if (application.rateLimit !== rateLimit) woken.push(...(await endpointIds(em, application)));
      return application;
    });
    await this.wakeups.wake(woken);
    return updated;
  }

  /** Removes the application with its endpoints and messages, and cancels what waits for them. @throws ApiError `application_not_found` */
  async delete({ environmentId }: Principal, idOrUid: string): Promise<void> {
    await this.changes.commit(environmentId, async (em) => {
      const application = await findApplication(em, environmentId, idOrUid);
      const ids = await endpointIds(em, application);
      await tellOf(em, ids, 'endpoint.deleted');
      await cancelDeliveries(em, ids, 'destination_deleted');
      await em.execute('delete from message_keys where scope_id = ?', [application.id]);
      em.remove(application);
    });
  }

  /** What belongs to each of the given applications, in their order. */
  async counts(applications: Application[]): Promise<ApplicationCounts[]> {
    if (applications.length === 0) return [];
    const ids = applications.map(({ id }) => id);
    const rows = await this.em.fork().execute<({ id: string } & ApplicationCounts)[]>(COUNTS, [ids]);
    const byId = new Map(rows.map(({ id, endpoints, messages }) => [id, { endpoints, messages }]));
    return ids.map((id) => byId.get(id) ?? { endpoints: 0, messages: 0 });
  }
}

/**
 * Endpoints that are disabled themselves stay so when their application is enabled.
 *
 * @returns ids of the endpoints it is about
 */
async function stopOrKeep(em: EntityManager, application: Application): Promise<string[]> {
  const ids = await endpointIds(em, application, application.status === 'disabled' ? {} : { status: 'active' });
  if (application.status === 'disabled') await cancelDeliveries(em, ids, 'destination_disabled');
  else await keepDeliveries(em, ids);
  return ids;
}

async function endpointIds(em: EntityManager, application: Application, where: { status?: 'active' } = {}) {
  return (await em.find(Endpoint, { application, ...where }, { fields: ['id'] })).map(({ id }) => id);
}

/** A uid that is another application's id would name two. */
async function refuseIdAsUid(em: EntityManager, environmentId: string, uid: string): Promise<void> {
  const id = parseId(uid);
  if (id && (await em.count(Application, { id, environmentId })) > 0) throw new ApiError('uid_taken');
}

const COUNTS = `
select a.id,
  (select count(*) from endpoints e where e.application_id = a.id) as endpoints,
  (select count(*) from events m where m.source_id = a.id) as messages
from applications a
where a.id in (?)`;
