import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { Database, decodeCursor, type Page, type PageRequest, toPage } from '#libs/database';
import { ApiError } from '#libs/errors';
import { type Principal } from '#libs/tenancy';
import { LIVE_STATUSES, Replay, type ReplayKind, type ReplayStatus } from './replay.entity.js';

export interface ReplayFilter extends PageRequest {
  kind?: ReplayKind;
  status?: ReplayStatus;
  destinationId?: string;
}

/** A job, and what has come of it so far. */
export interface ReplayProgress {
  replay: Replay;
  succeeded: number;
  failed: number;
  cancelled: number;
  /** Deliveries that are on their way. */
  pending: number;
}

/** Shows and steers replays and bulk retries; the worker advances them. */
@Injectable()
export class ReplaysService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(Database) private readonly database: Database,
  ) {}

  /** Newest first. */
  async list({ environmentId }: Principal, filter: ReplayFilter): Promise<Page<ReplayProgress & { id: string }>> {
    const { cursor, limit, kind, status, destinationId } = filter;
    const where = {
      environmentId,
      ...(kind && { kind }),
      ...(status && { status }),
      ...(destinationId && { destinationId }),
      ...(cursor && { id: { $lt: decodeCursor(cursor) } }),
    };
    const found = await this.em.fork().find(Replay, where, { orderBy: { id: 'desc' }, limit: limit + 1 });
    const { items, cursor: next } = toPage(found, limit);
    const progress = await this.progress(items);
    return { items: progress.map((item) => ({ id: item.replay.id, ...item })), cursor: next };
  }

  /** @throws ApiError `replay_not_found` */
  async get(principal: Principal, id: string): Promise<ReplayProgress> {
    const progress = await this.find(principal, id);
    if (!progress) throw new ApiError('replay_not_found');
    return progress;
  }

  /** The caller's job with this id, if there is one. */
  async find({ environmentId }: Principal, id: string): Promise<ReplayProgress | undefined> {
    const replay = await this.em.fork().findOne(Replay, { id, environmentId });
    return replay ? (await this.progress([replay]))[0] : undefined;
  }

  /** Makes no further deliveries until it is resumed; those made go on. @throws ApiError `replay_not_found`, `replay_ended` */
  pause(principal: Principal, id: string): Promise<ReplayProgress> {
    return this.change(principal, id, 'paused');
  }

  /** @throws ApiError `replay_not_found`, `replay_ended` */
  resume(principal: Principal, id: string): Promise<ReplayProgress> {
    return this.change(principal, id, 'running');
  }

  /** Ends it; the worker takes back what still waits. @throws ApiError `replay_not_found`, `replay_ended` */
  cancel(principal: Principal, id: string): Promise<ReplayProgress> {
    return this.change(principal, id, 'cancelled');
  }

  /** Harmless to repeat. A step that is being made ends first. */
  private async change(principal: Principal, id: string, status: ReplayStatus): Promise<ReplayProgress> {
    const changes = { status, ...(status === 'cancelled' && { completedAt: new Date() }) };
    const where = { id, environmentId: principal.environmentId, status: { $in: LIVE_STATUSES } };
    const changed = await this.em.fork().nativeUpdate(Replay, where, changes);
    const progress = await this.get(principal, id);
    if (changed === 0 && progress.replay.status !== status) throw new ApiError('replay_ended');
    return progress;
  }

  /** What is settled is in the job; the rest is counted. */
  private async progress(replays: Replay[]): Promise<ReplayProgress[]> {
    const live = replays.filter((replay) => !replay.settledAt);
    const counts = new Map(
      await Promise.all(live.map(async (replay) => [replay.id, await this.count(replay)] as const)),
    );
    return replays.map((replay) => {
      const counted = counts.get(replay.id);
      return {
        replay,
        succeeded: replay.succeeded + (counted?.succeeded ?? 0),
        failed: replay.failed + (counted?.failed ?? 0),
        cancelled: replay.cancelled + (counted?.cancelled ?? 0),
        pending: counted?.pending ?? 0,
      };
    });
  }

  private async count({ id, firstId, lastId }: Replay): Promise<ReplayCounts | undefined> {
    const [row] = await this.database.query<ReplayCounts>('count_replay', COUNT, [id, firstId, lastId]);
    return row;
  }
}

interface ReplayCounts {
  succeeded: number;
  failed: number;
  cancelled: number;
  pending: number;
}

const COUNT = `
select count(*) filter (where state = 'delivered') as succeeded, count(*) filter (where state = 'dead') as failed,
  count(*) filter (where state = 'cancelled') as cancelled,
  count(*) filter (where state in ('waiting', 'queued', 'retrying')) as pending
from deliveries where replay_id = $1 and id >= $2::uuid and id <= $3::uuid`;
