import { Migration } from '@mikro-orm/migrations';

/** The end of an endpoint's time, what became of what was sent to it, and news of endpoints as messages themselves. */
export class Migration20261121110000 extends Migration {
  override name = 'Migration20261121110000';

  override up(): void {
    this.addSql(endpoints);
    this.addSql(statistics);
    this.addSql(operational);
  }
}

const endpoints = `
alter table endpoints
  -- Why it was disabled; null when a person did it.
  add column disabled_reason text,
  -- When a worker saw that its time was over.
  add column expired_at timestamptz;
create index endpoints_expiring on endpoints (expires_at)
  where status = 'active' and expires_at is not null and expired_at is null;`;

/** Rows of what is no endpoint do not grow by what they leave out. */
const statistics = `
alter table counter_deltas
  -- Of an endpoint: attempts that were answered with a failure, were not answered in time, got no answer; dead letters.
  add column failed int,
  add column timed_out int,
  add column errored int,
  add column given_up int;
-- Added up from counter_deltas.
create table endpoint_stats (
  endpoint_id uuid primary key references endpoints on delete cascade,
  succeeded bigint not null default 0,
  failed bigint not null default 0,
  timed_out bigint not null default 0,
  errored bigint not null default 0,
  given_up bigint not null default 0,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  -- The first failure since the last success.
  failing_since timestamptz
);`;

const operational = `
-- Whether its endpoints get news of the endpoints of its environment.
alter table applications add column operational boolean not null default false;
create index applications_operational on applications (environment_id) where operational;
-- News that is not stored as messages yet: written with the change it is about, removed with the insertion of its messages.
create table operational_events (
  id bigint generated always as identity primary key,
  environment_id uuid not null,
  type text not null,
  data jsonb not null,
  created_at timestamptz not null default now()
);`;
