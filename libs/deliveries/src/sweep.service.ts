import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { type Queue } from 'bullmq';
import { Database } from '#libs/database';
import { Log } from '#libs/observability';
import { BATCH_JOB, DELIVER_QUEUE, ROUTE_QUEUE, type RouteJob } from '#libs/queues';
import { DeliveryQueue } from './delivery-queue.js';

/** Rows taken by one statement. */
const BATCH = 1000;
/** How long after its commit a row's job may still be on its way into Redis, differences of clocks included. */
const ENQUEUE_MARGIN_MS = 10_000;
/** Jobs looked at to find the oldest batch among retries. */
const OLDEST_JOBS = 100;

interface SweptDelivery {
  id: string;
  destination_id: string;
  state: string;
}

/**
 * Finds what fell between PostgreSQL and Redis: a crash between commit and enqueue, an emptied Redis, a worker that
 * died for good. PostgreSQL knows what should happen; new jobs are made for it. Harmless when several run at once.
 */
@Injectable()
export class SweepService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectQueue(ROUTE_QUEUE) private readonly routeQueue: Queue<RouteJob>,
    @InjectQueue(DELIVER_QUEUE) private readonly deliverQueue: Queue,
    @Inject(DeliveryQueue) private readonly deliveries: DeliveryQueue,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Adds route jobs for events that are not routed and have no job. */
  async routeForgottenEvents(): Promise<void> {
    const before = await this.rowsWithoutJobBefore(this.routeQueue);
    if (!before) return;
    const rows = await this.database.query<{ id: string }>('sweep_unrouted', UNROUTED, [before, BATCH]);
    if (rows.length === 0) return;
    await this.routeQueue.add(BATCH_JOB, { eventIds: rows.map((row) => row.id) });
    this.log.warn({ count: rows.length }, 'forgotten events are routed now');
  }

  /** Routes events that were held while their source was paused, oldest first. */
  async routeHeldEvents(): Promise<void> {
    for (;;) {
      const rows = await this.database.query<{ id: string }>('release_held', RELEASE_HELD, [BATCH]);
      if (rows.length === 0) return;
      await this.routeQueue.add(BATCH_JOB, { eventIds: rows.map((row) => row.id).sort() });
      this.log.info({ count: rows.length }, 'held events are routed now');
    }
  }

  /** Queues deliveries again whose job is gone; gives up on one that was lost too often. */
  async requeueLostDeliveries(): Promise<void> {
    const before = await this.rowsWithoutJobBefore(this.deliverQueue);
    if (!before) return;
    const rows = await this.database.query<SweptDelivery>('sweep_lost', REQUEUE_LOST, [before, BATCH]);
    await this.enqueue(rows, 'lost deliveries are queued again');
  }

  /** Queues retries whose time has passed without their job. */
  async requeueOverdueRetries(): Promise<void> {
    const rows = await this.database.query<SweptDelivery>('sweep_overdue', REQUEUE_OVERDUE, [BATCH]);
    await this.enqueue(rows, 'overdue retries are queued');
  }

  /** Queues what waited for its destination and its connection to be resumed; what is disabled by now ends there. */
  async admitWaiting(): Promise<void> {
    await this.enqueue(await this.database.query<SweptDelivery>('sweep_waiting', ADMIT_WAITING, [BATCH]));
  }

  /** Adds what has been counted since the last time to `event_count` and `last_…_at`. */
  async rollUpCounters(): Promise<void> {
    await this.database.query('roll_up_counters', ROLL_UP);
  }

  /** Makes the partitions of the days to come. */
  async createPartitions(): Promise<void> {
    await this.database.query('create_partitions', 'select create_partitions(current_date - 1, 9)');
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

  private async enqueue(rows: SweptDelivery[], repair?: string): Promise<void> {
    const queued = rows.filter((row) => row.state === 'queued');
    await this.deliveries.add(queued.map((row) => ({ id: row.id, destinationId: row.destination_id })));
    if (repair && rows.length > 0) this.log.warn({ count: rows.length }, repair);
  }
}

const UNROUTED = `
select event_id as id from unrouted_events where received_at < $1 and not held order by event_id limit $2`;

/**
 * Goes from source to source along the index of held events, for there may be millions of one that stays paused. What a
 * deleted source left is let go too: nothing takes it. From now on the sweep looks after these events like after others.
 */
const RELEASE_HELD = `
with recursive held (source_id) as (
  (select source_id from unrouted_events where held order by source_id limit 1)
  union all
  select (select u.source_id from unrouted_events u where u.held and u.source_id > h.source_id
    order by u.source_id limit 1)
  from held h where h.source_id is not null
), resumed as (
  select source_id from held h
  where source_id is not null and not exists (select from sources s where s.id = h.source_id and s.status <> 'active')
)
update unrouted_events set held = false, received_at = now()
where event_id = any(array(
    select e.event_id from resumed r cross join lateral (
      select u.event_id from unrouted_events u where u.held and u.source_id = r.source_id
      order by u.event_id limit $1 for update skip locked) e
    order by e.event_id limit $1))
  and held
returning event_id as id`;

/** A payload that kills its worker must not do so for ever: after ten losses the delivery is a dead letter. */
const REQUEUE_LOST = `
update deliveries set recoveries = recoveries + 1, admitted_at = now(),
  state = case when recoveries >= 10 then 'dead' else 'queued' end,
  cause = case when recoveries >= 10 then 'abandoned' end
where id = any(array(
    select id from deliveries where state = 'queued' and admitted_at < $1 limit $2 for update skip locked))
  and state = 'queued'
returning id, destination_id, state`;

const REQUEUE_OVERDUE = `
update deliveries set state = 'queued', admitted_at = now(), next_retry_at = null
where id = any(array(
    select id from deliveries where state = 'retrying' and next_retry_at < now() - interval '10 seconds'
    limit $1 for update skip locked))
  and state = 'retrying'
returning id, destination_id, state`;

const ADMIT_WAITING = `
update deliveries set state = 'queued', admitted_at = now(), cause = null
where id = any(array(
    select d.id from deliveries d join destinations t on t.id = d.destination_id
      left join connections c on c.id = d.connection_id
    where d.state = 'waiting' and t.status <> 'paused' and not coalesce(c.enabled and c.status = 'paused', false)
    order by d.destination_id, d.seq, d.id limit $1 for update of d skip locked))
  and state = 'waiting'
returning id, destination_id, state`;

/** A subject is a source, a connection or a destination: ids are unique across them. Events of sources count for the plan. */
const ROLL_UP = `
with taken as (
  delete from counter_deltas returning subject_id, count, last_at
), totals as (
  select subject_id, sum(count) as count, max(last_at) as last_at from taken group by subject_id
), of_sources as (
  update sources s set event_count = event_count + t.count, last_event_at = greatest(last_event_at, t.last_at)
  from totals t where s.id = t.subject_id
  returning s.organization_id, t.count
), of_organizations as (
  insert into organization_usage as u (organization_id, month, events)
  select organization_id, date_trunc('month', now() at time zone 'UTC'), sum(count) from of_sources
  group by organization_id
  on conflict (organization_id, month) do update set events = u.events + excluded.events
), of_connections as (
  update connections c set event_count = event_count + t.count, last_event_at = greatest(last_event_at, t.last_at)
  from totals t where c.id = t.subject_id
)
update destinations d set event_count = event_count + t.count, last_delivery_at = greatest(last_delivery_at, t.last_at)
from totals t where d.id = t.subject_id`;
