import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DestinationsModule } from '#libs/destinations';
import { EventsModule } from '#libs/events';
import { RoutingModule } from '#libs/routing';
import { TransformPool } from '#libs/transform';
import { AttemptWriter } from './attempt-writer.js';
import { DeliveriesModule } from './deliveries.module.js';
import { DeliveryRows } from './delivery-rows.js';
import { DeliveryService } from './delivery.service.js';
import { MaintenanceService } from './maintenance.service.js';
import { ReplayRows } from './replays/replay-rows.js';
import { ReplayStepsService } from './replays/replay-steps.service.js';
import { RouterService } from './router.service.js';
import { SweepService } from './sweep.service.js';

/** Routes events and sends deliveries; for the worker. */
@Module({
  imports: [DeliveriesModule, DestinationsModule, EventsModule, RoutingModule],
  providers: [
    AttemptWriter,
    DeliveryRows,
    DeliveryService,
    MaintenanceService,
    ReplayRows,
    ReplayStepsService,
    RouterService,
    SweepService,
    { provide: TransformPool, useFactory: () => new TransformPool() },
  ],
  exports: [DeliveryService, RouterService],
})
export class DeliveryEngineModule implements OnApplicationShutdown {
  constructor(@Inject(TransformPool) private readonly transforms: TransformPool) {}

  async onApplicationShutdown(): Promise<void> {
    await this.transforms.close();
  }
}
