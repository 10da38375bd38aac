import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { HttpClientModule } from '#libs/http-client';
import { DestinationCache } from './destination-cache.js';
import { Destination } from './destination.entity.js';
import { DestinationsService } from './destinations.service.js';

@Module({
  imports: [MikroOrmModule.forFeature([Destination]), HttpClientModule],
  providers: [DestinationCache, DestinationsService],
  exports: [DestinationCache, DestinationsService],
})
export class DestinationsModule {}
