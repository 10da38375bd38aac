import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { type Queue } from 'bullmq';
import { Database } from '#libs/database';
import { Log } from '#libs/observability';
import { BATCH_JOB, ROUTE_QUEUE, type RouteJob } from '#libs/queues';
import { HELD_BY_CONNECTION } from './admissible.js';
import { RefillsService } from './refills.service.js';

/** Rows taken by one statement. */
const BATCH = 1000;

/** Lets go what was held while its source or connection was paused. A paused destination needs no more than a wake-up. */
@Injectable()
export class HoldsService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectQueue(ROUTE_QUEUE) private readonly routeQueue: Queue<RouteJob>,
    @Inject(RefillsService) private readonly refills: RefillsService,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Routes events whose source is no longer paused, oldest first. */
  async routeEvents(): Promise<void> {
    for (;;) {
      const rows = await this.database.query<{ id: string }>('release_events', RELEASE_EVENTS, [BATCH]);
      if (rows.length === 0) return;
      await this.routeQueue.add(BATCH_JOB, { eventIds: rows.map((row) => row.id).sort() });
      this.log.info({ count: rows.length }, 'held events are routed now');
    }
  }

  /** Lets deliveries wait for their turn whose connection is no longer paused; what it does not take by now ends there. */
  async admitDeliveries(): Promise<void> {
    for (;;) {
      const rows = await this.database.query<{ destination_id: string }>('release_deliveries', RELEASE_DELIVERIES, [
        BATCH,
      ]);
      if (rows.length === 0) return;
      await this.refills.wake(rows.map((row) => row.destination_id));
      this.log.info({ count: rows.length }, 'held deliveries go on now');
    }
  }
}

/**
 * Goes from source to source along the index of held events, for there may be millions of one that stays paused. What a
 * deleted source left is let go too: nothing takes it. From now on the sweep looks after these events like after others.
 */
const RELEASE_EVENTS = `
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

const RELEASE_DELIVERIES = `
with recursive held (connection_id) as (
  (select connection_id from deliveries where ${HELD_BY_CONNECTION} order by connection_id limit 1)
  union all
  select (select d.connection_id from deliveries d where ${HELD_BY_CONNECTION} and d.connection_id > h.connection_id
    order by d.connection_id limit 1)
  from held h where h.connection_id is not null
), resumed as (
  select connection_id from held h where connection_id is not null
    and not exists (select from connections c where c.id = h.connection_id and c.enabled and c.status = 'paused')
)
update deliveries set cause = null
where id = any(array(
    select e.id from resumed r cross join lateral (
      select d.id from deliveries d where d.connection_id = r.connection_id and ${HELD_BY_CONNECTION}
      order by d.connection_id, d.id limit $1 for update skip locked) e
    limit $1))
  and ${HELD_BY_CONNECTION}
returning destination_id`;
