import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { EventsModule } from '#libs/events';
import { DedupClaims } from './dedup-claims.js';
import { IngestService } from './ingest.service.js';
import { SourceCache } from './source-cache.js';
import { Source } from './source.entity.js';
import { SourcesService } from './sources.service.js';

@Module({
  imports: [MikroOrmModule.forFeature([Source]), EventsModule],
  providers: [DedupClaims, IngestService, SourceCache, SourcesService],
  exports: [IngestService, SourcesService],
})
export class SourcesModule {}
