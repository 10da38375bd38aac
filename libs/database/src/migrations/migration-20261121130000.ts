import { Migration } from '@mikro-orm/migrations';

/** Messages whose payload is to be removed before the message. */
export class Migration20261121130000 extends Migration {
  override name = 'Migration20261121130000';

  override up(): void {
    this.addSql(payloadExpiries);
  }
}

/** A table of its own, for few messages have an end and none of the big tables is written again when it comes. */
const payloadExpiries = `
create table payload_expiries (
  event_id uuid primary key,
  expires_at timestamptz not null
);
create index on payload_expiries (expires_at);`;
