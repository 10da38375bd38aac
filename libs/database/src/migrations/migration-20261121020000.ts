import { Migration } from '@mikro-orm/migrations';

/** How often keys are used. */
export class Migration20261121020000 extends Migration {
  override name = 'Migration20261121020000';

  override up(): void {
    this.addSql(apiKeys);
  }
}

const apiKeys = `
alter table api_keys add column request_count bigint not null default 0;`;
