export { type AppChild, type AppProcess, freePort, spawnApp, startApp } from './app-process.js';
export { eventually } from './eventually.js';
export { type Hookstream, startApi, startHookstream } from './hookstream.js';
export { type OwnServices, type Service, startOwnServices } from './own-services.js';
export { type Received, type Receiver, startReceiver } from './receiver.js';
export { createDatabase, type TestDatabase } from './test-database.js';
export { tableDigests } from './table-digests.js';
export { createTenant, type Tenant } from './tenant.js';
export { testRedisUrl } from './test-redis.js';
