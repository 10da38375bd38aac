import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { HttpClientModule } from '#libs/http-client';
import { OperationalModule } from '#libs/operational';
import { Admission } from './admission/admission.js';
import { Wakeups } from './admission/wakeups.js';
import { CircuitsService } from './circuits.service.js';
import { DestinationCache } from './destination-cache.js';
import { DestinationSettings } from './destination-settings.js';
import { Destination } from './destination.entity.js';
import { DestinationsService } from './destinations.service.js';
import { Broadcasts } from './providers/websocket/broadcasts.js';
import { SendStates } from './send-states.service.js';

@Module({
  imports: [MikroOrmModule.forFeature([Destination]), HttpClientModule, OperationalModule],
  providers: [
    Admission,
    Broadcasts,
    CircuitsService,
    DestinationCache,
    DestinationSettings,
    DestinationsService,
    SendStates,
    Wakeups,
  ],
  exports: [Admission, CircuitsService, DestinationCache, DestinationsService, SendStates, Wakeups],
})
export class DestinationsModule {}
