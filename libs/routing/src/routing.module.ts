import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { DestinationsModule } from '#libs/destinations';
import { SourcesModule } from '#libs/sources';
import { Connection } from './connection.entity.js';
import { ConnectionsService } from './connections.service.js';
import { RouteCache } from './route-cache.js';

@Module({
  imports: [MikroOrmModule.forFeature([Connection]), SourcesModule, DestinationsModule],
  providers: [ConnectionsService, RouteCache],
  exports: [ConnectionsService, RouteCache],
})
export class RoutingModule {}
