import { Migrator } from '@mikro-orm/migrations';
import { defineConfig } from '@mikro-orm/postgresql';
import { migrations } from './migrations/index.js';
import './pg-types.js';

/** What the ORM needs whoever starts it. @param databaseUrl PostgreSQL URL */
export function ormOptions(databaseUrl: string) {
  return defineConfig({
    clientUrl: databaseUrl,
    extensions: [Migrator],
    migrations: { migrationsList: migrations, snapshot: false, transactional: true, allOrNothing: true },
    forceUtcTimezone: true,
    discovery: { warnWhenNoEntities: false },
  });
}
