import { Migration } from '@mikro-orm/migrations';

/** How often keys are used, what organizations use of their plan, and people. */
export class Migration20261121020000 extends Migration {
  override name = 'Migration20261121020000';

  override up(): void {
    this.addSql(apiKeys);
    this.addSql(plans);
    this.addSql(identity);
  }
}

const apiKeys = `
alter table api_keys add column request_count bigint not null default 0;`;

/** What is cached of an organization follows a change of its plan, as it follows a change of its environments. */
const plans = `
alter table organizations add check (plan in ('free', 'pro', 'enterprise', 'self_hosted'));
-- Events of a calendar month (UTC), added up from counter_deltas.
create table organization_usage (
  organization_id uuid not null references organizations on delete cascade,
  month date not null,
  events bigint not null,
  primary key (organization_id, month)
);
create index on organization_usage (month);
create index on sources (organization_id);
create index on destinations (organization_id);
create function raise_config_versions() returns trigger language plpgsql as $$
begin
  update environments set config_version = config_version + 1 where organization_id = new.id;
  return null;
end $$;
create trigger plan_changed after update of plan on organizations
for each row when (new.plan <> old.plan) execute function raise_config_versions();`;

/** Tables and names as better-auth 1.7 wants them; its organizations are ours. */
const identity = `
alter table organizations add column logo text, add column metadata text;
create schema identity;
create table identity."user" (
  id text primary key,
  name text not null,
  email text not null unique,
  "emailVerified" boolean not null,
  image text,
  "createdAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null default now()
);
create table identity.session (
  id text primary key,
  "expiresAt" timestamptz not null,
  token text not null unique,
  "createdAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null,
  "ipAddress" text,
  "userAgent" text,
  "userId" text not null references identity."user" on delete cascade,
  "activeOrganizationId" text
);
create index on identity.session ("userId");
create table identity.account (
  id text primary key,
  "accountId" text not null,
  "providerId" text not null,
  "userId" text not null references identity."user" on delete cascade,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  "accessTokenExpiresAt" timestamptz,
  "refreshTokenExpiresAt" timestamptz,
  scope text,
  password text,
  "createdAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null
);
create index on identity.account ("userId");
create table identity.verification (
  id text primary key,
  identifier text not null,
  value text not null,
  "expiresAt" timestamptz not null,
  "createdAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null default now()
);
create index on identity.verification (identifier);
create table identity.member (
  id text primary key,
  "organizationId" uuid not null references organizations on delete cascade,
  "userId" text not null references identity."user" on delete cascade,
  role text not null,
  "createdAt" timestamptz not null,
  unique ("userId", "organizationId")
);
create index on identity.member ("organizationId");
create table identity.invitation (
  id text primary key,
  "organizationId" uuid not null references organizations on delete cascade,
  email text not null,
  role text,
  status text not null,
  "expiresAt" timestamptz not null,
  "createdAt" timestamptz not null default now(),
  "inviterId" text not null references identity."user" on delete cascade
);
create index on identity.invitation ("organizationId");
create index on identity.invitation (lower(email));
-- Codes that programs show; with an organization once somebody has approved.
create table identity.device_logins (
  code_hash bytea primary key,
  expires_at timestamptz not null,
  organization_id uuid references organizations on delete cascade,
  environment_id uuid references environments on delete cascade,
  scopes text
);
create index on identity.device_logins (expires_at);`;
