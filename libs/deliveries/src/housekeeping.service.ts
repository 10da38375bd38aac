import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#libs/database';

/** What is done now and then, for all. */
@Injectable()
export class HousekeepingService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Adds what has been counted since the last time to `event_count` and `last_…_at`. */
  async rollUpCounters(): Promise<void> {
    await this.database.query('roll_up_counters', ROLL_UP);
  }

  /** Forgets the keys of messages whose time is over. */
  async forgetMessageKeys(): Promise<void> {
    await this.database.query('forget_message_keys', 'delete from message_keys where expires_at < now()');
  }

  /** Makes the partitions of the days to come. */
  async createPartitions(): Promise<void> {
    await this.database.query('create_partitions', 'select create_partitions(current_date - 1, 9)');
  }
}

/**
 * A subject is a source, an application, a connection or a destination: ids are unique across them. Events of sources
 * and messages of applications count for the plan.
 */
const ROLL_UP = `
with taken as (
  delete from counter_deltas returning subject_id, count, last_at
), totals as (
  select subject_id, sum(count) as count, max(last_at) as last_at from taken group by subject_id
), of_sources as (
  update sources s set event_count = event_count + t.count, last_event_at = greatest(last_event_at, t.last_at)
  from totals t where s.id = t.subject_id
  returning s.organization_id, t.count
), of_applications as (
  select a.organization_id, t.count from totals t join applications a on a.id = t.subject_id
), of_organizations as (
  insert into organization_usage as u (organization_id, month, events)
  select organization_id, date_trunc('month', now() at time zone 'UTC'), sum(count)
  from (select * from of_sources union all select * from of_applications) c
  group by organization_id
  on conflict (organization_id, month) do update set events = u.events + excluded.events
), of_connections as (
  update connections c set event_count = event_count + t.count, last_event_at = greatest(last_event_at, t.last_at)
  from totals t where c.id = t.subject_id
)
update destinations d set event_count = event_count + t.count, last_delivery_at = greatest(last_delivery_at, t.last_at)
from totals t where d.id = t.subject_id`;
