import { type EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { Config } from '#libs/config';
import { ApiError } from '#libs/errors';
import { type Limits, type Plan, plansWith } from './plans.js';
import { type Principal } from './principal.js';

/** What a plan limits the number of; each is a table with an `organization_id`. */
export type LimitedResource = Exclude<keyof Limits, 'events' | 'requests' | 'retention_days'>;

/** What the plan of an organization allows. */
@Injectable()
export class PlanLimits {
  /** All plans, as configured. */
  readonly plans: Record<Plan, Limits>;

  constructor(@Inject(Config) config: Config) {
    this.plans = plansWith(config.HOOKSTREAM_PLAN_LIMITS);
  }

  /**
   * Checks that the caller's organization may have one more. Of two that are made at the same time, the second waits.
   *
   * @param em in the transaction that makes it
   * @throws ApiError `plan_limit`
   */
  async assertRoom(
    em: EntityManager,
    { organizationId }: Pick<Principal, 'organizationId'>,
    resource: LimitedResource,
  ): Promise<void> {
    const [organization] = await em.execute<{ plan: Plan }[]>('select plan from organizations where id = ?', [
      organizationId,
    ]);
    const plan = organization?.plan;
    const limit = plan && this.plans[plan][resource];
    if (limit === undefined || limit === null) return;
    await em.execute('select from organizations where id = ? for no key update', [organizationId]);
    const [count] = await em.execute<{ count: number }[]>(
      `select count(*)::int as count from ${resource} where organization_id = ?`,
      [organizationId],
    );
    if (count && count.count < limit) return;
    const things = resource.replace('_', ' ');
    throw new ApiError('plan_limit', { sentence: `Plan limit reached: the plan ${plan} allows ${limit} ${things}` });
  }
}
