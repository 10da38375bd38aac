import { Inject, Injectable } from '@nestjs/common';
import { Database, type Query } from '#libs/database';

/** Beyond, the number is an estimate: counting more takes too long for an answer. */
const MAX_TOTAL = 1_000_000;

/** Which dead letters are retried. */
export interface DeadLetterScope {
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
    const [step] = await query<RetryRow>(`retry_dead${name}`, retryStatement(where, params.length), [
      ...params,
      replayId,
      limit,
    ]);
    const { picked = 0, retried = 0, last_id: lastId, destination_ids: ids } = step ?? {};
    return { retried, destinationIds: ids ?? [], cursorId: lastId ?? cursorId, isExhausted: picked < limit };
  }
}

interface RetryRow {
  picked: number;
  retried: number;
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
    'exists (select from destinations t where t.id = d.destination_id)',
    'exists (select from connections c where c.id = d.connection_id)',
  ].join(' and ');
  return { name: filters.map(([column]) => `_${column}`).join(''), where, params };
}

/** The state is asked for again: one that changed in between is passed over. @param count of the parameters of `where` */
function retryStatement(where: string, count: number): string {
  return `
with picked as materialized (
  select d.id from deliveries d where ${where} order by d.id limit $${count + 2}::int
), retried as (
  update deliveries set state = 'waiting', cause = null, admitted_at = null, next_retry_at = null, recoveries = 0,
    attempts_before = attempts, trigger_type = 'manual', replay_id = $${count + 1}::uuid
  where id = any(array(select id from picked)) and id > $2::uuid and id <= $3::uuid and state = 'dead'
  returning destination_id
)
select (select count(*)::int from picked) as picked, (select count(*)::int from retried) as retried,
  (select id from picked order by id desc limit 1) as last_id,
  (select array_agg(distinct replace(destination_id::text, '-', '')) from retried) as destination_ids`;
}
