import { Migration } from '@mikro-orm/migrations';

/** Admission: how much at once, how fast and in which order a destination is delivered to; what is to be cancelled. */
export class Migration20261121050000 extends Migration {
  override name = 'Migration20261121050000';

  override up(): void {
    this.addSql(destinations);
    this.addSql(deliveries);
    this.addSql(unrouted);
    this.addSql(cancellations);
  }
}

const destinations = `
alter table destinations
  add column max_concurrency int not null default 100,
  add column rate_limit_per_second int,
  add column ordering text not null default 'none'`;

/** No other index may offer the order of seq, or a claim is planned along it. */
const deliveries = `
drop index deliveries_destination_id_seq_id_idx;
drop index deliveries_admitted_at_idx;
create index deliveries_waiting on deliveries (destination_id, seq, id)
  where state = 'waiting' and cause is distinct from 'connection_paused';
create index deliveries_held on deliveries (connection_id, id)
  where state = 'waiting' and cause = 'connection_paused';
create index deliveries_queued on deliveries (destination_id, admitted_at) where state = 'queued';
create index deliveries_retrying on deliveries (destination_id, id) where state = 'retrying';`;

/** The order of events is known before they are routed, for those behind them in an ordered destination. */
const unrouted = `
alter table unrouted_events add column seq bigint not null default 0, add column recoveries smallint not null default 0;
create index unrouted_events_order on unrouted_events (source_id, seq);`;

const cancellations = `
-- Destinations whose live deliveries a worker cancels, a thousand at a time.
create table cancellations (
  destination_id uuid primary key,
  cause text not null,
  created_at timestamptz not null default now()
);`;
