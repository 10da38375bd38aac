import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Module } from '@nestjs/common';
import { HttpClientModule } from '#libs/http-client';
import { Application } from './application.entity.js';
import { ApplicationsService } from './applications.service.js';
import { Endpoint } from './endpoint.entity.js';
import { EndpointsService } from './endpoints.service.js';
import { EventType } from './event-type.entity.js';
import { EventTypesService } from './event-types.service.js';

@Module({
  imports: [MikroOrmModule.forFeature([Application, Endpoint, EventType]), HttpClientModule],
  providers: [ApplicationsService, EndpointsService, EventTypesService],
  exports: [ApplicationsService, EndpointsService, EventTypesService],
})
export class OutboundModule {}
