import { Inject, Injectable } from '@nestjs/common';
import { Database, type Query } from '#libs/database';
import { Log } from '#libs/observability';
import { RefillsService } from '../refills.service.js';
import { DeadLetters } from './dead-letters.js';
import { MissingMessages } from './missing-messages.js';
import { ReplayEvents } from './replay-events.js';
import { ReplayRows, type RunningReplay } from './replay-rows.js';

/** Jobs do not keep other maintenance waiting; who was left out is first in the next second. */
const MAX_RUN_MS = 1000;

/**
 * Advances replays and bulk retries. A step is one transaction: it makes some deliveries and records that it did, so a
 * worker may die anywhere and another goes on from there. Nothing about it is in Redis.
 */
@Injectable()
export class ReplayStepsService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ReplayRows) private readonly rows: ReplayRows,
    @Inject(ReplayEvents) private readonly events: ReplayEvents,
    @Inject(DeadLetters) private readonly deadLetters: DeadLetters,
    @Inject(MissingMessages) private readonly missing: MissingMessages,
    @Inject(RefillsService) private readonly refills: RefillsService,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Makes one step of each job that is due. Harmless when several workers run it at once. */
  async runDue(): Promise<void> {
    const deadline = performance.now() + MAX_RUN_MS;
    for (const id of await this.rows.due()) {
      if (performance.now() > deadline) return;
      try {
        await this.step(id);
      } catch (err) {
        this.log.warn({ err, replay_id: id }, 'a step of a replay failed and will be made again');
      }
    }
  }

  /** Commits, then wakes. */
  private async step(id: string): Promise<void> {
    const destinationIds = await this.database.transaction(async (query) => {
      const replay = await this.rows.claim(query, id);
      if (!replay) return [];
      if (replay.status === 'running' && !replay.is_exhausted) {
        return this.advance(query, replay);
      }
      if (replay.status !== 'running') await this.rows.withdraw(query, replay);
      await this.rows.settle(query, replay);
      return [];
    });
    if (destinationIds.length > 0) await this.refills.wake(destinationIds);
  }

  /** @returns ids of the destinations that something waits for now */
  private advance(query: Query, replay: RunningReplay): Promise<string[]> {
    switch (replay.kind) {
      case 'replay':
        return this.replay(query, replay);
      case 'retry':
        return this.retry(query, replay, 'retry');
      case 'recover':
      case 'replay_missing':
        return this.recover(query, replay, replay.kind);
    }
  }

  private async replay(query: Query, replay: RunningReplay): Promise<string[]> {
    const scope = { ...this.rows.scopeOf(replay), from: replay.from_time!, to: replay.to_time! };
    const lines = await this.events.lines({ ...scope, destinationId: replay.destination_id! });
    const problem = !lines.target
      ? 'destination_deleted'
      : lines.target.status === 'disabled'
        ? 'destination_disabled'
        : lines.routes.size === 0
          ? 'connection_disabled'
          : undefined;
    if (problem) {
      await this.rows.fail(query, replay, problem);
      return [];
    }
    const wanted = Math.min(replay.rate_limit, replay.max_events! - replay.processed);
    const found = await this.events.next(
      { ...scope, destinationId: replay.destination_id! },
      lines,
      replay.cursor_id,
      wanted,
    );
    await this.rows.insert(query, replay, found.taken);
    const { skipped, cursorId } = found;
    const isExhausted = found.isExhausted || replay.processed + found.taken.length >= replay.max_events!;
    await this.rows.advance(query, replay, { processed: found.taken.length, skipped, cursorId, isExhausted });
    return found.taken.length > 0 ? [replay.destination_id!] : [];
  }

  private async retry(query: Query, replay: RunningReplay, kind: 'retry' | 'recover'): Promise<string[]> {
    const scope = { ...this.rows.scopeOf(replay), kind, cause: replay.cause };
    const step = await this.deadLetters.retry(query, replay.id, scope, replay.cursor_id, replay.rate_limit);
    const { retried, skipped, cursorId, isExhausted } = step;
    await this.rows.advance(query, replay, { processed: retried, skipped, cursorId, isExhausted });
    return step.destinationIds;
  }

  /** Of one endpoint, which must be active. */
  private async recover(query: Query, replay: RunningReplay, kind: 'recover' | 'replay_missing'): Promise<string[]> {
    const ends = { applicationId: replay.source_id!, endpointId: replay.destination_id! };
    const line = await this.missing.line(ends);
    if ('problem' in line) {
      await this.rows.fail(query, replay, line.problem);
      return [];
    }
    if (kind === 'recover') return this.retry(query, replay, kind);
    const scope = { ...this.rows.scopeOf(replay), ...ends, from: replay.from_time!, to: replay.to_time! };
    const { taken, ...found } = await this.missing.next(scope, line.route, replay.cursor_id, replay.rate_limit);
    const processed = await this.rows.insertMissing(query, replay, taken);
    await this.rows.advance(query, replay, { ...found, processed });
    return processed > 0 ? [ends.endpointId] : [];
  }
}
