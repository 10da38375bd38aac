import { Migration } from '@mikro-orm/migrations';

/** How often keys are used, and what organizations use of their plan. */
export class Migration20261121020000 extends Migration {
  override name = 'Migration20261121020000';

  override up(): void {
    this.addSql(apiKeys);
    this.addSql(plans);
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
