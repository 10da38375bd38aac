import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { type Principal } from '#libs/tenancy';
import { EndpointsService } from './endpoints.service.js';

/** What is pending is counted up to here. */
const MAX_PENDING = 10_000;

/** What became of what was sent to an endpoint. */
export interface EndpointStats {
  endpoint_id: string;
  /** Attempts that were answered 2xx, otherwise, not in time, not at all. */
  succeeded: number;
  failed: number;
  timed_out: number;
  errored: number;
  /** Messages that became dead letters. */
  given_up: number;
  /** Deliveries that are yet to be sent, or to be sent again; at most {@link MAX_PENDING}. */
  pending: number;
  pending_capped: boolean;
  last_success_at: Date | null;
  last_failure_at: Date | null;
  /** First failure since the last success. */
  failing_since: Date | null;
}

/** Statistics of endpoints, a few seconds late. */
@Injectable()
export class EndpointStatsService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(EndpointsService) private readonly endpoints: EndpointsService,
  ) {}

  /** @param appId id or uid @throws ApiError `application_not_found`, `endpoint_not_found` */
  async get(principal: Principal, appId: string, id: string): Promise<EndpointStats> {
    await this.endpoints.get(principal, appId, id);
    const most = MAX_PENDING + 1;
    const [row] = await this.em
      .fork()
      .execute<[Omit<EndpointStats, 'endpoint_id' | 'pending_capped'>]>(STATS, [...[id, most, id, most, id, most, id]]);
    const pending = Math.min(row.pending, MAX_PENDING);
    return { endpoint_id: id, ...row, pending, pending_capped: row.pending > MAX_PENDING };
  }
}

const PENDING = (state: string) => `(
    select count(*) from (select from deliveries where destination_id = ? and ${state} limit ?) p)`;

/** One count for each index. A message is never held by its connection, which is its endpoint. */
const STATS = `
select coalesce(s.succeeded, 0) as succeeded, coalesce(s.failed, 0) as failed, coalesce(s.timed_out, 0) as timed_out,
  coalesce(s.errored, 0) as errored, coalesce(s.given_up, 0) as given_up, s.last_success_at, s.last_failure_at,
  s.failing_since, ${PENDING(`state = 'waiting' and cause is distinct from 'connection_paused'`)}
  + ${PENDING(`state = 'queued'`)} + ${PENDING(`state = 'retrying'`)} as pending
from (select) one left join endpoint_stats s on s.endpoint_id = ?`;
