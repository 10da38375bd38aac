import { Migration } from '@mikro-orm/migrations';

/** Outbound webhooks: applications, their endpoints and messages, and event types. */
export class Migration20261121030000 extends Migration {
  override name = 'Migration20261121030000';

  override up(): void {
    this.addSql(outbound);
  }
}

const outbound = `
create table applications (
  id uuid primary key,
  organization_id uuid not null,
  environment_id uuid not null references environments on delete cascade,
  name text not null,
  uid text not null,
  description text,
  -- json, not jsonb: answers show it as it was written, members in their order.
  metadata json,
  status text not null default 'active',
  rate_limit int,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (environment_id, uid)
);
create index on applications (environment_id, id);
create table endpoints (
  id uuid primary key,
  organization_id uuid not null,
  environment_id uuid not null references environments on delete cascade,
  application_id uuid not null references applications on delete cascade,
  url text not null,
  description text,
  signing_algorithm text not null default 'hmac_sha256',
  signing_secret text not null,
  -- Rotated secrets that are still valid, oldest first: [{"secret": "<sealed>", "expires_at": "<ISO 8601>"}].
  old_signing_secrets jsonb not null default '[]',
  status text not null default 'active',
  filter_types jsonb,
  rate_limit_per_second int,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on endpoints (application_id, id);
create index on endpoints (environment_id);
create table messages (
  id uuid primary key,
  organization_id uuid not null,
  environment_id uuid not null references environments on delete cascade,
  application_id uuid not null references applications on delete cascade,
  event_type text not null,
  payload text not null,
  status text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on messages (application_id, id);
create index on messages (environment_id);
create table event_types (
  id uuid primary key,
  organization_id uuid not null,
  environment_id uuid not null references environments on delete cascade,
  name text not null,
  description text,
  json_schema json,
  status text not null default 'active',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (environment_id, name)
);`;
