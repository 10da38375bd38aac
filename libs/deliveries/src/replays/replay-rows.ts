import { Inject, Injectable } from '@nestjs/common';
import { derivedId } from '#libs/crypto';
import { Database, int4s, int8s, type Query, uuids } from '#libs/database';
import { type FilterRule } from '#libs/routing';
import { type ReplayedEvents } from './replay-events.js';
import { type ReplayKind, type ReplayStatus } from './replay.entity.js';

/** Jobs looked at in one go. */
const MAX_DUE = 100;
/** Deliveries taken back by one step. */
const MAX_WITHDRAWN = 10_000;

/** A job as its steps need it. */
export interface RunningReplay {
  id: string;
  environment_id: string;
  kind: ReplayKind;
  destination_id: string | null;
  source_id: string | null;
  connection_id: string | null;
  cause: string | null;
  from_time: Date | null;
  to_time: Date | null;
  filter_rules: FilterRule[] | null;
  rate_limit: number;
  max_events: number | null;
  status: ReplayStatus;
  error: string | null;
  processed: number;
  first_id: string;
  last_id: string;
  cursor_id: string;
  is_exhausted: boolean;
}

/** By how much a step brought a job forward. */
interface Progress {
  processed: number;
  skipped: number;
  cursorId: string;
  isExhausted: boolean;
}

/** Rows of replays and of what they make, within the transaction of a step. */
@Injectable()
export class ReplayRows {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Ids of the jobs that have something to do, the longest overdue first. */
  async due(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>('due_replays', DUE, [MAX_DUE]);
    return rows.map((row) => row.id);
  }

  /** The job, locked until the end of the transaction; undefined when another worker has it or it is not due any more. */
  async claim(query: Query, id: string): Promise<RunningReplay | undefined> {
    const [replay] = await query<RunningReplay>('claim_replay', CLAIM, [id]);
    return replay;
  }

  /** What the job is about, in the terms of those who find it. */
  scopeOf(replay: RunningReplay) {
    return {
      environmentId: replay.environment_id,
      destinationId: replay.destination_id,
      sourceId: replay.source_id,
      connectionId: replay.connection_id,
      filterRules: replay.filter_rules,
      firstId: replay.first_id,
      lastId: replay.last_id,
    };
  }

  /** Makes the deliveries of some events. Their ids are derived, so making them twice changes nothing. */
  async insert(query: Query, replay: RunningReplay, taken: ReplayedEvents['taken']): Promise<void> {
    const rows = taken.flatMap(({ event, connectionIds }) =>
      connectionIds.map((connectionId) => ({ id: derivedId(event.id, connectionId + replay.id), event, connectionId })),
    );
    if (rows.length === 0) return;
    await query('insert_replayed', INSERT, [
      uuids(rows.map(({ id }) => id)),
      uuids(rows.map(({ event }) => event.id)),
      uuids(rows.map(({ connectionId }) => connectionId)),
      uuids(rows.map(({ event }) => event.source_id)),
      int8s(rows.map(({ event }) => event.seq)),
      int4s(rows.map(({ event }) => event.payload_bytes)),
      replay.environment_id,
      replay.destination_id,
      replay.id,
    ]);
  }

  /** Records a step. */
  async advance(query: Query, { id }: RunningReplay, progress: Progress): Promise<void> {
    const { processed, skipped, cursorId, isExhausted } = progress;
    await query('advance_replay', ADVANCE, [id, processed, skipped, cursorId, isExhausted]);
  }

  /** Ends a replay that cannot go on. */
  async fail(query: Query, { id }: RunningReplay, error: string): Promise<void> {
    await query('fail_replay', FAIL, [id, error]);
  }

  /**
   * Takes back what still waits, for its turn or for its next try. Deliveries of a replay end; what was a dead letter is
   * one again, with the cause it had.
   */
  async withdraw(query: Query, replay: RunningReplay): Promise<void> {
    const range = [replay.id, replay.first_id, replay.last_id, MAX_WITHDRAWN];
    if (replay.kind === 'replay') {
      await query('withdraw_replayed', WITHDRAW, [...range, replay.error ?? 'replay_cancelled']);
    } else {
      await query('withdraw_retried', RESTORE, range);
    }
  }

  /** Fixes what came of the job once all its deliveries have come to an end; until then it is looked at again soon. */
  async settle(query: Query, { id, first_id: firstId, last_id: lastId }: RunningReplay): Promise<void> {
    await query('settle_replay', SETTLE, [id, firstId, lastId]);
  }
}

const DUE = `
select id from replays where settled_at is null and status <> 'paused' and next_step_at <= now()
order by next_step_at limit $1`;

const CLAIM = `
select id, environment_id, kind, destination_id, source_id, connection_id, cause, from_time, to_time, filter_rules,
  rate_limit, max_events, status, error, processed, first_id, last_id, cursor_id, is_exhausted
from replays where id = $1 and settled_at is null and status <> 'paused' and next_step_at <= now()
for update skip locked`;

const INSERT = `
insert into deliveries (id, event_id, connection_id, source_id, seq, payload_bytes, environment_id, destination_id,
  replay_id, state, trigger_type)
select r.*, $7::uuid, $8::uuid, $9::uuid, 'waiting', 'replay'
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::int[]) r
on conflict (id) do nothing`;

/** Somewhat less than a second, so that a step is not a whole round late because the last one was. */
const ADVANCE = `
update replays set processed = processed + $2::int, skipped = skipped + $3::int, cursor_id = $4::uuid,
  is_exhausted = $5::boolean, next_step_at = now() + interval '900 milliseconds',
  total = case when $5::boolean then processed + $2::int else greatest(total, processed + $2::int) end,
  total_is_estimate = total_is_estimate and not $5::boolean
where id = $1`;

const FAIL = `update replays set status = 'failed', error = $2, completed_at = now() where id = $1`;

const WITHDRAW = `
update deliveries set state = 'cancelled', cause = $5, next_retry_at = null
where id = any(array(
    select id from deliveries
    where replay_id = $1 and state in ('waiting', 'retrying') and id >= $2::uuid and id <= $3::uuid
    limit $4 for update skip locked))
  and id >= $2::uuid and id <= $3::uuid and state in ('waiting', 'retrying')`;

const RESTORE = `
with restored as (
  update deliveries d set state = 'dead', next_retry_at = null, replay_id = null, cause = coalesce(
    (select a.cause from delivery_attempts a where a.delivery_id = d.id and a.number = d.attempts), 'replay_cancelled')
  where id = any(array(
      select id from deliveries
      where replay_id = $1 and state in ('waiting', 'retrying') and id >= $2::uuid and id <= $3::uuid
      limit $4 for update skip locked))
    and id >= $2::uuid and id <= $3::uuid and state in ('waiting', 'retrying')
  returning d.id
)
update replays set cancelled = cancelled + (select count(*) from restored) where id = $1`;

const SETTLE = `
with counted as (
  select count(*) filter (where state = 'delivered') as succeeded, count(*) filter (where state = 'dead') as failed,
    count(*) filter (where state = 'cancelled') as cancelled,
    count(*) filter (where state in ('waiting', 'queued', 'retrying')) as live
  from deliveries where replay_id = $1 and id >= $2::uuid and id <= $3::uuid
)
update replays r set
  succeeded = case when live = 0 then r.succeeded + c.succeeded else r.succeeded end,
  failed = case when live = 0 then r.failed + c.failed else r.failed end,
  cancelled = case when live = 0 then r.cancelled + c.cancelled else r.cancelled end,
  settled_at = case when live = 0 then now() end,
  status = case when live = 0 and r.status = 'running' then 'completed' else r.status end,
  completed_at = case when live = 0 then coalesce(r.completed_at, now()) else r.completed_at end,
  next_step_at = now() + interval '2 seconds'
from counted c where r.id = $1`;
