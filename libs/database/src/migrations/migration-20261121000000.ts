import { Migration } from '@mikro-orm/migrations';

/** Tenants, sources, destinations, connections, and the three big tables, partitioned by day. */
export class Migration20261121000000 extends Migration {
  override name = 'Migration20261121000000';

  override up(): void {
    this.addSql(tenants);
    this.addSql(resources);
    this.addSql(events);
    this.addSql(deliveries);
    this.addSql(housekeeping);
    this.addSql(partitions);
    this.addSql('select create_partitions(current_date - 1, 9)');
  }
}

const tenants = `
create table organizations (
  id uuid primary key,
  name text not null,
  slug text not null unique,
  plan text not null default 'self_hosted',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table environments (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  name text not null,
  slug text not null,
  -- Raised by every change of a source, destination, connection or key in the same transaction; caches compare it.
  config_version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (organization_id, slug)
);
create table api_keys (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  environment_id uuid not null references environments on delete cascade,
  name text not null,
  key_prefix text not null,
  key_hash bytea not null unique,
  scopes text not null default '*',
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz
);
create index on api_keys (environment_id);`;

const resources = `
create table sources (
  id uuid primary key,
  organization_id uuid not null,
  environment_id uuid not null references environments on delete cascade,
  name text not null,
  slug text not null,
  description text,
  template text,
  type text not null default 'http',
  status text not null default 'active',
  verification_enabled boolean not null default false,
  verification_type text,
  verification_secret text,
  verification_header text,
  ip_allowlist jsonb,
  ip_denylist jsonb,
  event_count bigint not null default 0,
  last_event_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (environment_id, slug)
);
create table destinations (
  id uuid primary key,
  organization_id uuid not null,
  environment_id uuid not null references environments on delete cascade,
  name text not null,
  slug text not null,
  type text not null default 'http',
  status text not null default 'active',
  url text not null default '',
  method text not null default 'POST',
  headers jsonb,
  timeout_ms int not null default 30000,
  auth_type text not null default 'none',
  auth_config text,
  provider_config text,
  retry_enabled boolean not null default true,
  retry_max_attempts int not null default 5,
  retry_backoff_type text not null default 'exponential',
  retry_intervals jsonb not null default '[30,300,1800,7200,86400]',
  circuit_breaker_enabled boolean not null default true,
  circuit_breaker_threshold int not null default 5,
  circuit_breaker_reset_ms int not null default 60000,
  event_count bigint not null default 0,
  last_delivery_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (environment_id, slug)
);
create table connections (
  id uuid primary key,
  organization_id uuid not null,
  environment_id uuid not null references environments on delete cascade,
  source_id uuid not null references sources on delete cascade,
  destination_id uuid not null references destinations on delete cascade,
  name text not null,
  description text,
  enabled boolean not null default true,
  status text not null default 'active',
  filter_rules jsonb,
  transform_enabled boolean not null default false,
  transform_expression text,
  event_count bigint not null default 0,
  last_event_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on connections (environment_id, id);
create index on connections (source_id);
create index on connections (destination_id);`;

const events = `
-- The order in which events were accepted, whichever api process took them. Nothing is cached per session.
create sequence events_seq cache 1;
create table events (
  id uuid primary key,
  seq bigint not null default nextval('events_seq'),
  organization_id uuid not null,
  environment_id uuid not null,
  source_id uuid not null,
  method text not null,
  content_type text,
  source_ip text,
  payload_bytes int not null,
  verification_status text not null,
  dedup_status text not null default 'unique',
  received_at timestamptz not null default now(),
  -- Connections that did not take the event and why: {"<connection id>": {"cause": …}}.
  ignored jsonb
) partition by range (id);
create index on events (environment_id, id);
create index on events (source_id, id);

-- The outbox: written with the event, removed with the insertion of its deliveries.
create table unrouted_events (
  event_id uuid primary key,
  source_id uuid not null,
  received_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

-- What lists do not read. The body is text when it is UTF-8 without NUL, bytes otherwise: exactly as received.
create table event_payloads (
  event_id uuid primary key,
  headers text not null,
  query text not null,
  body_text text,
  body_bytes bytea
) partition by range (event_id);`;

const deliveries = `
-- The id starts with the event's time and is derived from event and connection, so routing twice changes nothing.
create table deliveries (
  id uuid primary key,
  environment_id uuid not null,
  event_id uuid not null,
  connection_id uuid not null,
  destination_id uuid not null,
  source_id uuid not null,
  seq bigint not null,
  payload_bytes int not null,
  state text not null,
  cause text,
  attempts smallint not null default 0,
  -- Attempts made before the last manual retry; the retry policy counts from here.
  attempts_before smallint not null default 0,
  trigger_type text not null default 'event',
  next_retry_at timestamptz,
  admitted_at timestamptz,
  recoveries smallint not null default 0,
  created_at timestamptz not null default now()
) partition by range (id);
create index on deliveries (destination_id, seq, id) where state = 'waiting';
create index on deliveries (admitted_at) where state = 'queued';
create index on deliveries (next_retry_at) where state = 'retrying';

create table delivery_attempts (
  delivery_id uuid not null,
  number smallint not null,
  id uuid not null,
  environment_id uuid not null,
  event_id uuid not null,
  connection_id uuid not null,
  destination_id uuid not null,
  status text not null,
  cause text,
  error text,
  request_url text not null,
  request_method text not null,
  request_headers text,
  request_body_bytes int not null,
  response_status smallint,
  response_headers text,
  response_body text,
  duration_ms int,
  next_retry_at timestamptz,
  is_dead_letter boolean not null default false,
  trigger_type text not null,
  created_at timestamptz not null default now(),
  primary key (delivery_id, number)
) partition by range (delivery_id);
create index on delivery_attempts (environment_id, id);
create index on delivery_attempts (destination_id, id);
create index on delivery_attempts (environment_id, id) where is_dead_letter;`;

const housekeeping = `
-- Counts not yet added to event_count of a source, connection or destination. Appended in the transaction that counts.
create table counter_deltas (
  subject_id uuid not null,
  count int not null,
  last_at timestamptz not null
);
-- Which periodic work is due; whoever moves due_at does it.
create table maintenance_tasks (
  name text primary key,
  due_at timestamptz not null default now()
);`;

/** Ids start with 48 bits of milliseconds, so a day is a range of ids. */
const partitions = `
create function id_floor(at timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
create function create_partitions(first date, days int) returns void language plpgsql as $$
declare
  parent text;
  day date;
begin
  perform pg_advisory_xact_lock(hashtext('create_partitions'));
  foreach parent in array array['events', 'event_payloads', 'deliveries', 'delivery_attempts'] loop
    for day in select generate_series(first, first + days - 1, interval '1 day')::date loop
      if to_regclass(format('%I', parent || '_' || to_char(day, 'YYYYMMDD'))) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)',
          parent || '_' || to_char(day, 'YYYYMMDD'), parent,
          id_floor(day::timestamp at time zone 'UTC'), id_floor((day + 1)::timestamp at time zone 'UTC'));
      end if;
    end loop;
    if to_regclass(format('%I', parent || '_default')) is null then
      execute format('create table %I partition of %I default', parent || '_default', parent);
    end if;
  end loop;
end $$;`;
