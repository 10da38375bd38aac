import { Inject, Injectable } from '@nestjs/common';
import { Database, int8s, texts } from '#libs/database';
import { ApiError } from '#libs/errors';
import { Log } from '#libs/observability';
import { PlanLimits } from './plan-limits.js';
import { hardStop, type Plan } from './plans.js';

const REFRESH_AFTER_MS = 5000;
/** The month may be long; a plan can change at any time. */
const RETRY_AFTER_SECONDS = 3600;

/**
 * Which organizations have used up their events of the month. Read every few seconds at most, beside the requests that
 * ask: a quota is enforced a few seconds late, and no webhook waits for it.
 */
@Injectable()
export class EventQuota {
  private exhausted: ReadonlySet<string> = new Set();
  private refreshAt = 0;
  private readonly stops: [plan: string, events: number][];

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Log) private readonly log: Log,
    @Inject(PlanLimits) { plans }: PlanLimits,
  ) {
    this.stops = Object.entries(plans).flatMap(([plan, limits]) => {
      const stop = hardStop(plan as Plan, limits);
      return stop === null ? [] : [[plan, stop]];
    });
  }

  /** Checks that the organization gets more events this month. @throws ApiError `quota_exhausted` */
  assertLeft(organizationId: string): void {
    if (performance.now() >= this.refreshAt && this.stops.length > 0) this.refresh();
    if (!this.exhausted.has(organizationId)) return;
    throw new ApiError('quota_exhausted', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  private refresh(): void {
    this.refreshAt = performance.now() + REFRESH_AFTER_MS;
    this.database
      .query<{ id: string }>('exhausted_quotas', EXHAUSTED, [
        texts(this.stops.map(([plan]) => plan)),
        int8s(this.stops.map(([, events]) => events)),
      ])
      .then((rows) => (this.exhausted = new Set(rows.map(({ id }) => id))))
      .catch((err: unknown) => this.log.warn({ err }, 'event quotas could not be read and will be again'));
  }
}

const EXHAUSTED = `
select o.id from organization_usage u join organizations o on o.id = u.organization_id
where u.month = date_trunc('month', now() at time zone 'UTC')
  and u.events >= ($2::bigint[])[array_position($1::text[], o.plan)]`;
