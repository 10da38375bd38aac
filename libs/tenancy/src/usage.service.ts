import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '#libs/errors';
import { PlanLimits } from './plan-limits.js';
import { type Limits, type Plan } from './plans.js';
import { type Principal } from './principal.js';

/** What an organization has used of its plan. */
export interface Usage {
  plan: Plan;
  limits: Limits;
  /** Of the current month; a few seconds behind. */
  events: number;
  sources: number;
  destinations: number;
}

@Injectable()
export class UsageService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(PlanLimits) private readonly limits: PlanLimits,
  ) {}

  /** @throws ApiError `organization_not_found` */
  async get({ organizationId }: Principal): Promise<Usage> {
    const [row] = await this.em.fork().execute<Omit<Usage, 'limits'>[]>(USAGE, [organizationId]);
    if (!row) throw new ApiError('organization_not_found');
    return { ...row, limits: this.limits.plans[row.plan] };
  }
}

const USAGE = `
select o.plan,
  coalesce((select u.events from organization_usage u where u.organization_id = o.id
    and u.month = date_trunc('month', now() at time zone 'UTC')), 0) as events,
  (select count(*)::int from sources s where s.organization_id = o.id) as sources,
  (select count(*)::int from destinations d where d.organization_id = o.id) as destinations
from organizations o where o.id = ?`;
