import { loadConfig } from '#libs/config';
import { migrate } from '#libs/database';

/** Brings the schema up to date, then ends: a step of a deployment, before the pods start. */
migrate(loadConfig(process.env, 0).DATABASE_URL)
  .then(() => console.log('The database schema is up to date.'))
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
