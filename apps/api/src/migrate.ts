import { loadDatabaseUrl } from '#libs/config';
import { migrate } from '#libs/database';

/** Brings the schema up to date, then ends: a step of a deployment, before the pods start. */
Promise.resolve()
  .then(() => migrate(loadDatabaseUrl()))
  .then(() => console.log('The database schema is up to date.'))
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
