import { Migration } from '@mikro-orm/migrations';

/** Messages are events of an application instead of a source, and endpoints are delivered to like destinations. */
export class Migration20261121090000 extends Migration {
  override name = 'Migration20261121090000';

  override up(): void {
    this.addSql(messages);
    this.addSql(keys);
    this.addSql(attempts);
    this.addSql(targets);
  }
}

/** Lists of what came in do not wade through what goes out. */
const messages = `
drop table messages;
-- Of a message, whose source_id is its application; null of a webhook that came in.
alter table events add column event_type text, add column channels jsonb;
alter table endpoints add column channels jsonb;
drop index events_environment_id_id_idx;
create index on events (environment_id, id) where event_type is null;`;

const keys = `
-- Names that callers gave messages, so that posting one again finds it: its event_id within its application, and for a
-- day the Idempotency-Key of the request within its environment.
create table message_keys (
  scope_id uuid not null,
  key text not null,
  environment_id uuid not null references environments on delete cascade,
  -- The message is stored right after its keys, under this id.
  message_id uuid not null,
  request_hash bytea,
  expires_at timestamptz,
  primary key (scope_id, key)
);
create index on message_keys (environment_id);
create index on message_keys (expires_at) where expires_at is not null;`;

/** An endpoint is its own connection. */
const attempts = `
drop index delivery_attempts_environment_id_id_idx;
create index on delivery_attempts (environment_id, id) where connection_id <> destination_id;`;

const targets = `
-- Everything that is delivered to: destinations, and endpoints as the destinations of messages.
create view targets as
select id, status from destinations
union all
select e.id, case when e.status = 'active' and a.status = 'active' and (e.expires_at is null or e.expires_at > now())
  then 'active' else 'disabled' end
from endpoints e join applications a on a.id = e.application_id;`;
