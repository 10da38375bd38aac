import { hashApiKey, newApiKey, newId } from '#libs/crypto';
import { type TestDatabase } from './test-database.js';

export interface Tenant {
  organizationId: string;
  environmentId: string;
  apiKey: string;
}

/** An organization with one environment and one key. */
export async function createTenant(database: TestDatabase, slug: string): Promise<Tenant> {
  const [organizationId, environmentId, apiKey] = [newId(), newId(), newApiKey('test')];
  await database.query('insert into organizations (id, name, slug) values ($1, $2, $2)', [organizationId, slug]);
  await database.query('insert into environments (id, organization_id, name, slug) values ($1, $2, $3, $3)', [
    environmentId,
    organizationId,
    slug,
  ]);
  await database.query(
    `insert into api_keys (id, organization_id, environment_id, name, key_prefix, key_hash)
     values ($1, $2, $3, 'test', $4, $5)`,
    [newId(), organizationId, environmentId, apiKey.slice(0, 12), hashApiKey(apiKey)],
  );
  return { organizationId, environmentId, apiKey };
}
