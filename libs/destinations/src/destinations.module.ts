import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { HttpClientModule } from '#libs/http-client';
import { CircuitsService } from './circuits.service.js';
import { DestinationCache } from './destination-cache.js';
import { DestinationSettings } from './destination-settings.js';
import { Destination } from './destination.entity.js';
import { DestinationsService } from './destinations.service.js';
import { SendStates } from './send-states.service.js';

@Module({
  imports: [MikroOrmModule.forFeature([Destination]), HttpClientModule],
  providers: [CircuitsService, DestinationCache, DestinationSettings, DestinationsService, SendStates],
  exports: [CircuitsService, DestinationCache, DestinationsService, SendStates],
})
export class DestinationsModule {}
