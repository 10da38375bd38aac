import { Migration } from '@mikro-orm/migrations';

/** Recovery of what an endpoint did not get, and lists of the attempts at one. */
export class Migration20261121120000 extends Migration {
  override name = 'Migration20261121120000';

  override up(): void {
    this.addSql(replays);
    this.addSql(attempts);
  }
}

const replays = `
alter table replays drop constraint replays_kind_check,
  add constraint replays_kind_check check (kind in ('replay', 'retry', 'recover', 'replay_missing'));
create index on replays (destination_id, id);`;

/** Most attempts succeed: what is looked for in a list by its status is mostly one of the others. */
const attempts = `
create index delivery_attempts_unsuccessful on delivery_attempts (destination_id, id) where status <> 'success';`;
