export { ApiKeysService } from './api-keys.service.js';
export { ConfigCache, type Versioned } from './config-cache.js';
export { ConfigChanges } from './config-changes.js';
export { ConfigVersions } from './config-versions.js';
export { Environment } from './environment.entity.js';
export { Organization } from './organization.entity.js';
export { type Principal } from './principal.js';
export { provisionFirstTenant } from './provision-first-tenant.js';
export { TenancyModule } from './tenancy.module.js';
