import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { ormOptions } from './orm-options.js';

/** Any number that nothing else in this database locks on. */
const MIGRATION_LOCK = 7_305_112_026;

/**
 * Brings the schema up to date. Safe to run by several processes at the same time and again later.
 *
 * @param databaseUrl PostgreSQL URL
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const lock = new pg.Client({ connectionString: databaseUrl });
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await withMigrator(databaseUrl, (orm) => orm.migrator.up());
  } finally {
    await lock.end();
  }
}

/** Names of migrations that have not been applied. @param databaseUrl PostgreSQL URL */
export async function pendingMigrations(databaseUrl: string): Promise<string[]> {
  return withMigrator(databaseUrl, async (orm) => (await orm.migrator.getPending()).map(({ name }) => name));
}

async function withMigrator<T>(databaseUrl: string, use: (orm: MikroORM) => Promise<T>): Promise<T> {
  const orm = await MikroORM.init({ ...ormOptions(databaseUrl), entities: [], logger: () => undefined });
  try {
    return await use(orm);
  } finally {
    await orm.close(true);
  }
}
