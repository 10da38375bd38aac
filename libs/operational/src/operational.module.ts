import { Module } from '@nestjs/common';
import { EventsModule } from '#libs/events';
import { OperationalEventsService } from './operational-events.service.js';

@Module({
  imports: [EventsModule],
  providers: [OperationalEventsService],
  exports: [OperationalEventsService],
})
export class OperationalModule {}
