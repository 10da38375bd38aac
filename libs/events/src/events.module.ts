import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { EventPayload } from './event-payload.entity.js';
import { EventWriter } from './event-writer.js';
import { Event } from './event.entity.js';
import { EventsService } from './events.service.js';
import { PayloadLoader } from './payload-loader.js';

@Module({
  imports: [MikroOrmModule.forFeature([Event, EventPayload])],
  providers: [EventWriter, EventsService, PayloadLoader],
  exports: [EventWriter, EventsService, PayloadLoader],
})
export class EventsModule {}
