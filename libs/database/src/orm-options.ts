import { Migrator } from '@mikro-orm/migrations';
import { defineConfig } from '@mikro-orm/postgresql';
import { type Pool, types, type TypeOverrides } from 'pg';
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
    driverOptions: { onPoolCreated: readTimesAsDates },
  });
}

const TIMESTAMPTZ = 1184;

/** The ORM leaves points in time to its entities, so plain statements would answer text. */
function readTimesAsDates(pool: Pool): void {
  const overrides = pool.options.types as TypeOverrides;
  overrides.setTypeParser(TIMESTAMPTZ, types.getTypeParser(TIMESTAMPTZ) as (text: string) => Date);
}
