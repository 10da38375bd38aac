import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DestinationsModule } from '#libs/destinations';
import { EventsModule } from '#libs/events';
import { OperationalModule } from '#libs/operational';
import { RoutingModule } from '#libs/routing';
import { TransformPool } from '#libs/transform';
import { AttemptRecorder } from './attempt-recorder.js';
import { AttemptWriter } from './attempt-writer.js';
import { CancellationsService } from './cancellations.service.js';
import { DeliveriesModule } from './deliveries.module.js';
import { DeliveryRows } from './delivery-rows.js';
import { DeliveryService } from './delivery.service.js';
import { DestinationTester } from './destination-tests/destination-tester.js';
import { EndpointsUpkeepService } from './endpoints-upkeep.service.js';
import { HoldsService } from './holds.service.js';
import { HousekeepingService } from './housekeeping.service.js';
import { MaintenanceService } from './maintenance.service.js';
import { RefillsService } from './refills.service.js';
import { RetryJobs } from './retry-jobs.js';
import { ReplayRows } from './replays/replay-rows.js';
import { ReplayStepsService } from './replays/replay-steps.service.js';
import { RouterService } from './router.service.js';
import { SlotsService } from './slots.service.js';
import { SweepService } from './sweep.service.js';

/** Routes events and sends deliveries; for the worker. */
@Module({
  imports: [DeliveriesModule, DestinationsModule, EventsModule, OperationalModule, RoutingModule],
  providers: [
    AttemptRecorder,
    AttemptWriter,
    CancellationsService,
    DeliveryRows,
    DeliveryService,
    DestinationTester,
    EndpointsUpkeepService,
    HoldsService,
    HousekeepingService,
    MaintenanceService,
    RefillsService,
    RetryJobs,
    ReplayRows,
    ReplayStepsService,
    RouterService,
    SlotsService,
    SweepService,
    { provide: TransformPool, useFactory: () => new TransformPool() },
  ],
  exports: [DeliveryService, DestinationTester, RefillsService, RouterService],
})
export class DeliveryEngineModule implements OnApplicationShutdown {
  constructor(@Inject(TransformPool) private readonly transforms: TransformPool) {}

  async onApplicationShutdown(): Promise<void> {
    await this.transforms.close();
  }
}
