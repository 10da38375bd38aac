import { Inject, Injectable } from '@nestjs/common';
import { Database, type Query } from '#libs/database';
import { HAS_BODY } from '../payload-removal-statements.js';
import { type ReplayKind } from './replay.entity.js';

/** Beyond, the number is an estimate: counting more takes too long for an answer. */
const MAX_TOTAL = 1_000_000;

/** Which dead letters are retried. */
export interface DeadLetterScope {
  /** `recover` is about messages and one endpoint, `retry` about events that came in. */
  kind: Extract<ReplayKind, 'retry' | 'recover'>;
  environmentId: string;
  destinationId: string | null;
  connectionId: string | null;
  sourceId: string | null;
  cause: string | null;
  /** Ids of these deliveries lie in between. */
  firstId: string;
  lastId: string;
}

/** What one step did. */
export interface RetriedDeadLetters {
  retried: number;
  /** Messages whose payload has been removed. */
  skipped: number;
  destinationIds: string[];
  /** Where the next step goes on. */
  cursorId: string;
  isExhausted: boolean;
}

/** Deliveries that were given up. */
@Injectable()
export class DeadLetters {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** @returns exact up to a million */
  async count(scope: DeadLetterScope): Promise<{ total: number; isEstimate: boolean }> {
    const { name, where, params } = condition(scope, scope.firstId);
    const [row] = await this.database.query<{ total: number }>(
      `count_dead${name}`,
      `select count(*)::int as total from (select from deliveries d where ${where} limit ${MAX_TOTAL + 1}) counted`,
      params,
    );
    const total = row?.total ?? 0;
    return { total: Math.min(total, MAX_TOTAL), isEstimate: total > MAX_TOTAL };
  }

  /**
   * Lets the next dead letters wait for their turn again, as a retry by hand does.
   *
   * @param query of the transaction that also records the step
   * @param cursorId the last one that was retried
   */
  async retry(
    query: Query,
    replayId: string,
    scope: DeadLetterScope,
    cursorId: string,
    limit: number,
  ): Promise<RetriedDeadLetters> {
    const { name, where, params } = condition(scope, cursorId);
    const statement = retryStatement(scope.kind, where, params.length);
    const [step] = await query<RetryRow>(`retry_dead${name}`, statement, [...params, replayId, limit]);
    const { picked = 0, retried = 0, skipped = 0, last_id: lastId, destination_ids: ids } = step ?? {};
    return { retried, skipped, destinationIds: ids ?? [], cursorId: lastId ?? cursorId, isExhausted: picked < limit };
  }
}

interface RetryRow {
  picked: number;
  retried: number;
  skipped: number;
  last_id: string | null;
  destination_ids: string[] | null;
}

/**
 * Each combination of filters is a statement of its own, so that each has the right plan. Left out is what another job
 * that runs has retried, for that is still its, and what has nowhere to go any more.
 */
function condition(scope: DeadLetterScope, cursorId: string): { name: string; where: string; params: unknown[] } {
  const filters = Object.entries({
    destination_id: scope.destinationId,
    connection_id: scope.connectionId,
    source_id: scope.sourceId,
    cause: scope.cause,
  }).filter(([, value]) => value !== null);
  const params: unknown[] = [scope.environmentId, cursorId, scope.lastId, ...filters.map(([, value]) => value)];
  const where = [
    `d.environment_id = $1::uuid and d.state = 'dead' and d.id > $2::uuid and d.id <= $3::uuid`,
    ...filters.map(([column], index) => `d.${column} = $${index + 4}`),
    `(d.replay_id is null or not exists (
      select from replays r where r.id = d.replay_id and r.status in ('running', 'paused')))`,
    ...ENDS[scope.kind],
  ].join(' and ');
  return { name: [scope.kind, ...filters.map(([column]) => column)].map((part) => `_${part}`).join(''), where, params };
}

/** What a dead letter needs to be sent again. */
const ENDS = {
  retry: [
    'exists (select from destinations t where t.id = d.destination_id)',
    'exists (select from connections c where c.id = d.connection_id)',
  ],
  recover: [`exists (select from targets t where t.id = d.destination_id and t.status = 'active')`],
};

/** How it is sent again. A dead letter of an event that has expired ends when its turn comes, as any retry does. */
const WAYS = {
  retry: { triggerType: 'manual', isKept: 'true' },
  recover: {
    triggerType: 'recovery',
    // Not `exists`, which may be planned as a hash of all payloads.
    isKept: `coalesce((select ${HAS_BODY} from event_payloads where event_id = d.event_id), false)`,
  },
} as const;

/** The state is asked for again: one that changed in between is passed over. @param count of the parameters of `where` */
function retryStatement(kind: DeadLetterScope['kind'], where: string, count: number): string {
  const { triggerType, isKept } = WAYS[kind];
  return `
with picked as materialized (
  select d.id, ${isKept} as is_kept from deliveries d where ${where} order by d.id limit $${count + 2}::int
), retried as (
  update deliveries set state = 'waiting', cause = null, admitted_at = null, next_retry_at = null, recoveries = 0,
    attempts_before = attempts, trigger_type = '${triggerType}', replay_id = $${count + 1}::uuid
  where id = any(array(select id from picked where is_kept)) and id > $2::uuid and id <= $3::uuid and state = 'dead'
  returning destination_id
)
select (select count(*)::int from picked) as picked, (select count(*)::int from retried) as retried,
  (select count(*)::int from picked where not is_kept) as skipped,
  (select id from picked order by id desc limit 1) as last_id,
  (select array_agg(distinct replace(destination_id::text, '-', '')) from retried) as destination_ids`;
}
