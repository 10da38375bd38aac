import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { DestinationsModule } from '#libs/destinations';
import { EventsModule } from '#libs/events';
import { AttemptsService } from './attempts.service.js';
import { DeliveryAttempt } from './delivery-attempt.entity.js';
import { DeliveryQueue } from './delivery-queue.js';
import { Delivery } from './delivery.entity.js';
import { RetriesService } from './retries.service.js';

/** Deliveries as the api shows and retries them; the worker adds {@link DeliveryEngineModule}. */
@Module({
  imports: [MikroOrmModule.forFeature([Delivery, DeliveryAttempt]), DestinationsModule, EventsModule],
  providers: [AttemptsService, DeliveryQueue, RetriesService],
  exports: [AttemptsService, DeliveryQueue, RetriesService],
})
export class DeliveriesModule {}
