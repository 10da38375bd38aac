import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { DestinationsModule } from '#libs/destinations';
import { EventsModule } from '#libs/events';
import { RoutingModule } from '#libs/routing';
import { SourcesModule } from '#libs/sources';
import { AttemptsService } from './attempts.service.js';
import { DeliveryAttempt } from './delivery-attempt.entity.js';
import { DeliveryQueue } from './delivery-queue.js';
import { Delivery } from './delivery.entity.js';
import { DestinationTestsService } from './destination-tests/destination-tests.service.js';
import { ExplanationsService } from './explain/explanations.service.js';
import { MessageDeliveriesService } from './message-deliveries.service.js';
import { PayloadRemovalsService } from './payload-removals.service.js';
import { DeadLetters } from './replays/dead-letters.js';
import { MissingMessages } from './replays/missing-messages.js';
import { NewRecoveriesService } from './replays/new-recoveries.service.js';
import { NewReplaysService } from './replays/new-replays.service.js';
import { ReplayEvents } from './replays/replay-events.js';
import { Replay } from './replays/replay.entity.js';
import { ReplaysService } from './replays/replays.service.js';
import { RetriesService } from './retries.service.js';

const SERVICES = [
  AttemptsService,
  DeadLetters,
  DeliveryQueue,
  DestinationTestsService,
  ExplanationsService,
  MessageDeliveriesService,
  MissingMessages,
  NewRecoveriesService,
  NewReplaysService,
  PayloadRemovalsService,
  ReplayEvents,
  ReplaysService,
  RetriesService,
];

/** Deliveries as the api shows and retries them; the worker adds {@link DeliveryEngineModule}. */
@Module({
  imports: [
    MikroOrmModule.forFeature([Delivery, DeliveryAttempt, Replay]),
    DestinationsModule,
    EventsModule,
    RoutingModule,
    SourcesModule,
  ],
  providers: SERVICES,
  exports: SERVICES,
})
export class DeliveriesModule {}
