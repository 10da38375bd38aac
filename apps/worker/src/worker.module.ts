import { Module } from '@nestjs/common';
import { ConfigModule } from '#libs/config';
import { CryptoModule } from '#libs/crypto';
import { DatabaseModule } from '#libs/database';
import { DeliveryEngineModule } from '#libs/deliveries';
import { HealthModule } from '#libs/health';
import { ObservabilityModule } from '#libs/observability';
import { QueuesModule } from '#libs/queues';
import { TenancyModule } from '#libs/tenancy';
import { DeliverProcessor } from './deliver.processor.js';
import { RouteProcessor } from './route.processor.js';

const DEFAULT_PORT = 3001;

@Module({
  imports: [
    ConfigModule.forApp(DEFAULT_PORT),
    ObservabilityModule.forApp('worker'),
    CryptoModule,
    DatabaseModule,
    QueuesModule,
    TenancyModule,
    HealthModule,
    DeliveryEngineModule,
  ],
  providers: [RouteProcessor, DeliverProcessor],
})
export class WorkerModule {}
