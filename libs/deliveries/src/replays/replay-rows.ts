import { Inject, Injectable } from '@nestjs/common';
import { derivedId } from '#libs/crypto';
import { Database, int4s, int8s, type Query, uuids } from '#libs/database';
import { type FilterRule } from '#libs/routing';
import { type MissedMessage } from './missing-messages.js';
import { type ReplayedEvents } from './replay-events.js';
import {
  ADVANCE,
  CLAIM,
  DUE,
  FAIL,
  INSERT,
  INSERT_MISSING,
  RELEASE,
  RESTORE,
  SETTLE,
  WITHDRAW,
} from './replay-statements.js';
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

  /**
   * Makes the deliveries of messages that an endpoint misses, the very ones that routing would have made: so two jobs at
   * once make each once. One that was taken back before it arrived waits again.
   *
   * @returns how many
   */
  async insertMissing(query: Query, replay: RunningReplay, taken: MissedMessage[]): Promise<number> {
    if (taken.length === 0) return 0;
    const rows = await query('insert_missing', INSERT_MISSING, [
      uuids(taken.map(({ deliveryId }) => deliveryId)),
      uuids(taken.map(({ id }) => id)),
      uuids(taken.map((message) => message.source_id)),
      int8s(taken.map(({ seq }) => seq)),
      int4s(taken.map((message) => message.payload_bytes)),
      replay.environment_id,
      replay.destination_id,
      replay.id,
    ]);
    return rows.length;
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
   * one again, with the cause it had; what was missing is missing again, for another job too.
   */
  async withdraw(query: Query, replay: RunningReplay): Promise<void> {
    const range = [replay.id, replay.first_id, replay.last_id, MAX_WITHDRAWN];
    const cause = replay.error ?? 'replay_cancelled';
    switch (replay.kind) {
      case 'replay':
        await query('withdraw_replayed', WITHDRAW, [...range, cause]);
        break;
      case 'replay_missing':
        await query('withdraw_missing', RELEASE, [...range, cause]);
        break;
      case 'retry':
      case 'recover':
        await query('withdraw_retried', RESTORE, range);
        break;
    }
  }

  /** Fixes what came of the job once all its deliveries have come to an end; until then it is looked at again soon. */
  async settle(query: Query, { id, first_id: firstId, last_id: lastId }: RunningReplay): Promise<void> {
    await query('settle_replay', SETTLE, [id, firstId, lastId]);
  }
}
