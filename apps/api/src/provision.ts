import { loadDatabaseUrl } from '#libs/config';
import { newApiKey } from '#libs/crypto';
import { provisionFirstTenant } from '#libs/tenancy';

/** Creates the first organization, environment and key of a new installation and prints the key, once. */
async function provision(): Promise<void> {
  const apiKey = newApiKey('live');
  const { created } = await provisionFirstTenant(loadDatabaseUrl(), apiKey);
  if (created) console.log(`The first API key (shown only this once): ${apiKey}`);
  else console.log('There is an organization already; nothing was created.');
}

provision().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
