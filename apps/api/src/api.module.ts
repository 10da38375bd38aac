import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ConfigModule } from '#libs/config';
import { CryptoModule } from '#libs/crypto';
import { DatabaseModule } from '#libs/database';
import { DeliveriesModule } from '#libs/deliveries';
import { DestinationsModule } from '#libs/destinations';
import { EventsModule } from '#libs/events';
import { HealthModule } from '#libs/health';
import { IdentityModule } from '#libs/identity';
import { ObservabilityModule } from '#libs/observability';
import { OutboundModule } from '#libs/outbound';
import { QueuesModule } from '#libs/queues';
import { RoutingModule } from '#libs/routing';
import { SourcesModule } from '#libs/sources';
import { TenancyModule } from '#libs/tenancy';
import { ApplicationsController } from './applications/applications.controller.js';
import { CliAuthPageController } from './cli-auth/cli-auth-page.controller.js';
import { CliAuthController } from './cli-auth/cli-auth.controller.js';
import { ConnectionsController } from './connections/connections.controller.js';
import { DeliveryAttemptsController } from './delivery-attempts/delivery-attempts.controller.js';
import { DestinationsController } from './destinations/destinations.controller.js';
import { EndpointStatsController } from './endpoints/endpoint-stats.controller.js';
import { EndpointsController } from './endpoints/endpoints.controller.js';
import { EventTypesController } from './event-types/event-types.controller.js';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { BillingController } from './billing/billing.controller.js';
import { EnvironmentsController } from './environments/environments.controller.js';
import { EventsController } from './events/events.controller.js';
import { ServiceHealthController } from './health/service-health.controller.js';
import { AuthGuard } from './http/auth.guard.js';
import { RateLimits } from './http/rate-limits.js';
import { IdentityController } from './identity/identity.controller.js';
import { IdentityGateway } from './identity/identity-gateway.js';
import { IngestController } from './ingest/ingest.controller.js';
import { MessageAttemptsController } from './messages/message-attempts.controller.js';
import { MessagesController } from './messages/messages.controller.js';
import { PortalAccessController } from './portal/portal-access.controller.js';
import { PortalPageController } from './portal/portal-page.controller.js';
import { RecoveriesController } from './recoveries/recoveries.controller.js';
import { ReplayController } from './replay/replay.controller.js';
import { SourcesController } from './sources/sources.controller.js';
import { StreamAccess } from './streams/stream-access.js';
import { StreamChannels } from './streams/stream-channels.js';
import { StreamsController } from './streams/streams.controller.js';
import { StreamsService } from './streams/streams.service.js';

const DEFAULT_PORT = 3000;

@Module({
  imports: [
    ConfigModule.forApp(DEFAULT_PORT),
    ObservabilityModule.forApp('api'),
    CryptoModule,
    DatabaseModule,
    QueuesModule,
    TenancyModule,
    IdentityModule,
    SourcesModule,
    DestinationsModule,
    RoutingModule,
    EventsModule,
    DeliveriesModule,
    OutboundModule,
    HealthModule,
  ],
  controllers: [
    IngestController,
    SourcesController,
    DestinationsController,
    ConnectionsController,
    EventsController,
    DeliveryAttemptsController,
    ReplayController,
    ApplicationsController,
    PortalAccessController,
    PortalPageController,
    EndpointsController,
    EndpointStatsController,
    MessagesController,
    MessageAttemptsController,
    RecoveriesController,
    EventTypesController,
    EnvironmentsController,
    ApiKeysController,
    BillingController,
    IdentityController,
    CliAuthController,
    CliAuthPageController,
    ServiceHealthController,
    StreamsController,
  ],
  providers: [
    RateLimits,
    IdentityGateway,
    StreamAccess,
    StreamChannels,
    StreamsService,
    { provide: APP_GUARD, useClass: AuthGuard },
  ],
})
export class ApiModule {}
