import { Migration } from '@mikro-orm/migrations';

/** Endpoints sign with Ed25519 too, and send headers of their own. */
export class Migration20261121100000 extends Migration {
  override name = 'Migration20261121100000';

  override up(): void {
    this.addSql(endpoints);
  }
}

const endpoints = `
-- json, not jsonb: as they were written.
alter table endpoints add column headers json,
  -- Of a secret for ed25519; null for hmac_sha256.
  add column public_key text;`;
