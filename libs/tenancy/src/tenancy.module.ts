import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Global, Module } from '@nestjs/common';
import { ApiKeyCache } from './api-key-cache.js';
import { ApiKeyUsage } from './api-key-usage.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeysService } from './api-keys.service.js';
import { ConfigChanges } from './config-changes.js';
import { ConfigVersions } from './config-versions.js';
import { Environment } from './environment.entity.js';
import { EnvironmentsService } from './environments.service.js';
import { EventQuota } from './event-quota.js';
import { Organization } from './organization.entity.js';
import { PlanLimits } from './plan-limits.js';
import { RateLimiter } from './rate-limiter.js';
import { UsageService } from './usage.service.js';

@Global()
@Module({
  imports: [MikroOrmModule.forFeature([Organization, Environment, ApiKey])],
  providers: [
    PlanLimits,
    EventQuota,
    UsageService,
    RateLimiter,
    ApiKeyCache,
    ApiKeyUsage,
    ApiKeysService,
    EnvironmentsService,
    ConfigVersions,
    ConfigChanges,
  ],
  exports: [
    PlanLimits,
    EventQuota,
    UsageService,
    RateLimiter,
    ApiKeysService,
    EnvironmentsService,
    ConfigVersions,
    ConfigChanges,
  ],
})
export class TenancyModule {}
