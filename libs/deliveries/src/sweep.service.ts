import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { type Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { Database, uuids } from '#libs/database';
import { Admission, byDestination, CLOSED } from '#libs/destinations';
import { Log, Metrics, type RepairKind } from '#libs/observability';
import { BATCH_JOB, DELIVER_QUEUE, ROUTE_QUEUE, type RouteJob } from '#libs/queues';
import { idBounds } from './id-bounds.js';
import { RefillsService } from './refills.service.js';
import {
  ABANDON_EVENTS,
  CANCEL_LEFT_OVER,
  QUEUED_AMONG,
  QUEUED_ROWS,
  RETRIES_OVERDUE,
  TAKE_BACK,
  UNROUTED,
  WAITING_DESTINATIONS,
} from './sweep-statements.js';

/** Rows taken by one statement. */
const BATCH = 1000;
/** How long after its commit a row's job may still be on its way into Redis, differences of clocks included. */
const ENQUEUE_MARGIN_MS = 10_000;
/** How long a delivery may be queued before it is asked after. */
const LOST_AFTER_SECONDS = 60;
/** Jobs looked at to find the oldest batch among others. */
const OLDEST_JOBS = 100;
/** Workers renew the places of what they send within this time, also in a Redis that was emptied. */
const BEATS_MS = 10_000;
/** The run of Redis in which the windows were built; gone when it was emptied. */
const EPOCH_KEY = 'hookstream:epoch';

interface QueuedRow {
  id: string;
  destination_id: string;
  admitted_at: Date;
}

/**
 * Finds what fell between PostgreSQL and Redis: a crash between commit and enqueue, an emptied Redis, a worker that
 * died for good. PostgreSQL knows what should happen. In a healthy run nothing is repaired; harmless when several run at
 * once (docs/admission.md, "Sweep").
 */
@Injectable()
export class SweepService {
  private recoverAt: number | undefined;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Redis) private readonly redis: Redis,
    @InjectQueue(ROUTE_QUEUE) private readonly routeQueue: Queue<RouteJob>,
    @InjectQueue(DELIVER_QUEUE) private readonly deliverQueue: Queue,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(RefillsService) private readonly refills: RefillsService,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Adds route jobs for events that are not routed and have no job; gives up on one that was lost too often. */
  async routeForgottenEvents(): Promise<void> {
    const before = await this.rowsWithoutJobBefore(this.routeQueue);
    if (!before) return;
    const rows = await this.database.query<{ id: string; recoveries: number }>('sweep_unrouted', UNROUTED, [
      before,
      BATCH,
    ]);
    if (rows.length === 0) return;
    const abandoned = rows.filter(({ recoveries }) => recoveries > 10).map(({ id }) => id);
    if (abandoned.length > 0) {
      await this.database.query('abandon_events', ABANDON_EVENTS, [uuids(abandoned)]);
      this.repaired('abandoned', abandoned.length);
    }
    const forgotten = rows.filter(({ recoveries }) => recoveries <= 10).map(({ id }) => id);
    if (forgotten.length > 0) await this.routeQueue.add(BATCH_JOB, { eventIds: forgotten });
    this.repaired('events', forgotten.length);
  }

  /** Lets deliveries wait again that are queued but have neither a job nor a sender. */
  requeueLostDeliveries(): Promise<void> {
    return this.takeBackLost(LOST_AFTER_SECONDS);
  }

  /** Lets retries wait for their turn whose time has passed without a job of their own. */
  async admitOverdueRetries(): Promise<void> {
    const rows = await this.database.query<{ destination_id: string; late: boolean }>(
      'sweep_overdue',
      RETRIES_OVERDUE,
      [BATCH],
    );
    await this.refills.wake(rows.map((row) => row.destination_id));
    this.repaired('retrying', rows.filter(({ late }) => late).length);
  }

  /**
   * Wakes destinations that deliveries wait for, should nobody have, and sees to it that their windows are not full of
   * what nobody will send; cancels what was left to those that are gone.
   */
  async wakeWaiting(): Promise<void> {
    const rows = await this.database.query<{ destination_id: string; status: string | null; is_old: boolean }>(
      'sweep_waiting',
      WAITING_DESTINATIONS,
    );
    const gone = rows.filter(({ status }) => status === null || status === 'disabled');
    if (gone.length > 0) {
      await this.database.query('cancel_left_over', CANCEL_LEFT_OVER, [uuids(gone.map((row) => row.destination_id))]);
    }
    const active = rows.filter(({ status }) => status === 'active');
    const rooms = await this.refills.wake(active.map((row) => row.destination_id));
    this.repaired('waiting', active.filter((row) => row.is_old && (rooms.get(row.destination_id) ?? 0) > 0).length);
    const full = active.filter((row) => rooms.get(row.destination_id) === 0);
    await this.freePlaces(full.map((row) => row.destination_id));
  }

  /**
   * Frees places whose deliveries are not queued: their router or refill died before it wrote or heard of them. A window
   * that is full of such lets nothing else in until their leases end.
   */
  private async freePlaces(destinationIds: string[]): Promise<void> {
    const empty = destinationIds.map((destinationId) => ({ destinationId, policy: CLOSED, ids: [] as string[] }));
    const lingering = await this.admission.lingering(empty, LOST_AFTER_SECONDS * 1000);
    const ids = lingering.flat();
    if (ids.length === 0) return;
    const rows = await this.database.query<{ id: string }>('queued_among', QUEUED_AMONG, [
      uuids(ids),
      ...idBounds(ids),
    ]);
    const isQueued = new Set(rows.map(({ id }) => id));
    const groups = empty
      .map((group, index) => ({ ...group, ids: (lingering[index] ?? []).filter((id) => !isQueued.has(id)) }))
      .filter((group) => group.ids.length > 0);
    const dropped = await this.admission.drop(groups);
    await this.refills.wake(groups.map(({ destinationId }) => destinationId));
    this.repaired('places', dropped.flat().filter(Boolean).length);
  }

  /**
   * Notices that Redis was emptied or restarted, and takes back what it has forgotten once every worker has had the time
   * to say what it is sending.
   */
  async watchRedis(): Promise<void> {
    const run = /run_id:(\w+)/.exec(await this.redis.info('server'))?.[1] ?? 'unknown';
    const known = await this.redis.set(EPOCH_KEY, run, 'GET');
    if (known !== run) this.recoverAt = performance.now() + BEATS_MS;
    if (this.recoverAt === undefined || performance.now() < this.recoverAt) return;
    this.recoverAt = undefined;
    await this.takeBackLost(0);
    await this.wakeWaiting();
  }

  private async takeBackLost(afterSeconds: number): Promise<void> {
    const rows = await this.database.query<QueuedRow>('sweep_queued', QUEUED_ROWS, [afterSeconds, BATCH]);
    if (rows.length === 0) return;
    const [groups, oldestJobAt] = [
      [...byDestination(rows.map((row) => ({ ...row, destinationId: row.destination_id })))],
      await this.oldestWaitingJob(),
    ];
    const states = await this.admission.audit(
      groups.map(([destinationId, group]) => ({ destinationId, policy: CLOSED, ids: group.map(({ id }) => id) })),
    );
    const lost = groups
      .map(([destinationId, group], index) => {
        const ids = group.filter(({ admitted_at }, at) => {
          const state = states[index]?.[at];
          // Jobs start in order: when all that wait are younger than the row, none of them is for it.
          return state === 'none' || (state === 'queued' && admitted_at.getTime() < oldestJobAt - ENQUEUE_MARGIN_MS);
        });
        return { destinationId, policy: CLOSED, ids: ids.map(({ id }) => id) };
      })
      .filter(({ ids }) => ids.length > 0);
    if (lost.length === 0) return;
    // Their places first: a window that is full of lost deliveries would let none of them in again.
    const dropped = await this.admission.drop(lost);
    const free = lost.flatMap(({ ids }, index) => ids.filter((_, at) => dropped[index]?.[at]));
    if (free.length === 0) return;
    const taken = await this.database.query<{ destination_id: string; state: string }>('take_back', TAKE_BACK, [
      uuids(free),
    ]);
    await this.refills.wake(taken.map((row) => row.destination_id));
    const abandoned = taken.filter(({ state }) => state === 'dead').length;
    this.repaired('abandoned', abandoned);
    this.repaired('queued', taken.length - abandoned);
  }

  /** @returns when it was added, in milliseconds; now if none waits */
  private async oldestWaitingJob(): Promise<number> {
    const waiting = await this.deliverQueue.getJobs(['waiting'], 0, OLDEST_JOBS - 1, true);
    const oldest = waiting.find(({ name }) => name === BATCH_JOB) ?? waiting[0];
    return oldest?.timestamp ?? Date.now();
  }

  /**
   * Live rows from before this time have no job: jobs start in order and are added right after their rows are
   * committed, so none that is left can be for them. Undefined while the queue is behind, when nothing can be told
   * and nothing needs to be.
   */
  private async rowsWithoutJobBefore(queue: Queue): Promise<Date | undefined> {
    const [waiting, active] = await Promise.all([
      queue.getJobs(['waiting'], 0, OLDEST_JOBS - 1, true),
      queue.getActive(),
    ]);
    const isBatch = (job: { name: string }) => job.name === BATCH_JOB;
    const oldest = waiting.find(isBatch) ?? waiting[0];
    if (oldest && oldest.timestamp < Date.now() - ENQUEUE_MARGIN_MS) return undefined;
    const since = active.filter(isBatch).reduce((time, job) => Math.min(time, job.timestamp), Date.now());
    return new Date(since - 2 * ENQUEUE_MARGIN_MS);
  }

  private repaired(kind: RepairKind, count: number): void {
    if (count === 0) return;
    this.metrics.repairs.inc({ kind }, count);
    this.log.warn({ kind, count }, 'repaired');
  }
}
