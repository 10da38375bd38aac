import { Migration } from '@mikro-orm/migrations';

/** Checks of a source's webhooks, webhooks that are held, and signing of what is delivered. */
export class Migration20261121010000 extends Migration {
  override name = 'Migration20261121010000';

  override up(): void {
    this.addSql(sources);
    this.addSql(events);
    this.addSql('alter table destinations add column signing_config text');
  }
}

const sources = `
alter table sources
  add column source_config jsonb,
  add column verification_config jsonb,
  add column dedup_enabled boolean not null default false,
  add column dedup_strategy text,
  add column dedup_field text,
  add column dedup_window_seconds int not null default 300,
  add column schema_validation_enabled boolean not null default false,
  add column json_schema jsonb,
  add column schema_action text,
  add column is_ephemeral boolean not null default false,
  add column expires_at timestamptz,
  add column request_limit int;`;

const events = `
alter table events
  add column verification_error text,
  add column dedup_hash text;

-- Events of a paused source wait here without a job.
alter table unrouted_events add column held boolean not null default false;
create index on unrouted_events (source_id, event_id) where held;`;
