import { Migration } from '@mikro-orm/migrations';

/** Answers show JSON as it was written, and what was not verified as `skipped`. */
export class Migration20261121040000 extends Migration {
  override name = 'Migration20261121040000';

  override up(): void {
    this.addSql(asWritten);
    this.addSql(skipped);
  }
}

/** json keeps the members of an object in their order, jsonb does not. */
const asWritten = `
alter table sources
  alter column source_config type json,
  alter column verification_config type json,
  alter column json_schema type json;
alter table destinations alter column headers type json;
alter table connections alter column filter_rules type json;`;

/** Clients know this state as \`skipped\`. */
const skipped = `
update events set verification_status = 'skipped' where verification_status = 'none';`;
