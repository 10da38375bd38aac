import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { DeliveriesModule } from '#libs/deliveries';
import { DestinationsModule } from '#libs/destinations';
import { EventsModule } from '#libs/events';
import { HttpClientModule } from '#libs/http-client';
import { ApplicationCache } from './application-cache.js';
import { Application } from './application.entity.js';
import { EventTypeCache } from './event-type-cache.js';
import { ApplicationsService } from './applications.service.js';
import { Endpoint } from './endpoint.entity.js';
import { EndpointStatsService } from './endpoint-stats.service.js';
import { EndpointsService } from './endpoints.service.js';
import { EventType } from './event-type.entity.js';
import { EventTypesService } from './event-types.service.js';
import { MessageAttemptsService } from './message-attempts.service.js';
import { MessageKeys } from './message-keys.js';
import { MessagesService } from './messages.service.js';
import { NewMessagesService } from './new-messages.service.js';
import { PortalTokensService } from './portal-tokens.service.js';
import { RecoveriesService } from './recoveries.service.js';

@Module({
  imports: [
    MikroOrmModule.forFeature([Application, Endpoint, EventType]),
    HttpClientModule,
    DestinationsModule,
    EventsModule,
    DeliveriesModule,
  ],
  providers: [
    ApplicationCache,
    ApplicationsService,
    EndpointsService,
    EndpointStatsService,
    EventTypeCache,
    EventTypesService,
    MessageAttemptsService,
    MessageKeys,
    MessagesService,
    NewMessagesService,
    PortalTokensService,
    RecoveriesService,
  ],
  exports: [
    ApplicationsService,
    EndpointsService,
    EndpointStatsService,
    EventTypesService,
    MessageAttemptsService,
    MessagesService,
    NewMessagesService,
    PortalTokensService,
    RecoveriesService,
  ],
})
export class OutboundModule {}
