import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Global, Module } from '@nestjs/common';
import { ApiKeysService } from './api-keys.service.js';
import { ConfigChanges } from './config-changes.js';
import { ConfigVersions } from './config-versions.js';
import { Environment } from './environment.entity.js';
import { Organization } from './organization.entity.js';

@Global()
@Module({
  imports: [MikroOrmModule.forFeature([Organization, Environment])],
  providers: [ApiKeysService, ConfigVersions, ConfigChanges],
  exports: [ApiKeysService, ConfigVersions, ConfigChanges],
})
export class TenancyModule {}
