import { Migration } from '@mikro-orm/migrations';

/** Replays of events and bulk retries of dead letters. */
export class Migration20261121060000 extends Migration {
  override name = 'Migration20261121060000';

  override up(): void {
    this.addSql(replays);
    this.addSql(deliveries);
  }
}

const replays = `
create table replays (
  id uuid primary key,
  organization_id uuid not null,
  environment_id uuid not null references environments on delete cascade,
  kind text not null check (kind in ('replay', 'retry')),
  destination_id uuid,
  source_id uuid,
  connection_id uuid,
  cause text,
  from_time timestamptz,
  to_time timestamptz,
  filter_rules json,
  rate_limit int not null,
  max_events int,
  status text not null default 'running' check (status in ('running', 'paused', 'cancelled', 'completed', 'failed')),
  error text,
  total int not null,
  total_is_estimate boolean not null default false,
  processed int not null default 0,
  skipped int not null default 0,
  -- What came of its deliveries. Final once settled; before, only what no longer carries the replay's id is counted here.
  succeeded int not null default 0,
  failed int not null default 0,
  cancelled int not null default 0,
  -- Ids of the events or deliveries it is about lie in between; what is up to the cursor is done.
  first_id uuid not null,
  last_id uuid not null,
  cursor_id uuid not null,
  is_exhausted boolean not null default false,
  next_step_at timestamptz not null default now(),
  settled_at timestamptz,
  started_at timestamptz not null default now(),
  completed_at timestamptz
);
create index on replays (environment_id, id);
create index on replays (next_step_at) where settled_at is null and status <> 'paused';`;

const deliveries = `
alter table deliveries add column replay_id uuid;
create index on deliveries (replay_id, state) where replay_id is not null;
create index on deliveries (environment_id, id) where state = 'dead';
create index on deliveries (destination_id, id) where state = 'dead';`;
