import pg from 'pg';
import { apiKeyPrefix, hashApiKey, newId } from '#libs/crypto';

/**
 * Creates the first organization with one environment and one key. Does nothing when an organization exists.
 *
 * @param databaseUrl PostgreSQL URL of a migrated database
 * @param apiKey the key, as the client will send it
 * @returns whether it was created, that is whether the key is valid
 */
export async function provisionFirstTenant(databaseUrl: string, apiKey: string): Promise<{ created: boolean }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const result = await client.query(PROVISION, [newId(), newId(), newId(), apiKeyPrefix(apiKey), hashApiKey(apiKey)]);
    return { created: result.rowCount === 1 };
  } finally {
    await client.end();
  }
}

/** One statement, so that two processes starting together create one tenant: the second finds the slug taken. */
const PROVISION = `
with o as (
  insert into organizations (id, name, slug)
  select $1, 'Default', 'default' where not exists (select from organizations)
  on conflict (slug) do nothing returning id
), e as (
  insert into environments (id, organization_id, name, slug) select $2, o.id, 'Production', 'production' from o returning id
)
insert into api_keys (id, organization_id, environment_id, name, key_prefix, key_hash)
select $3, o.id, e.id, 'First key', $4, $5 from o, e`;
