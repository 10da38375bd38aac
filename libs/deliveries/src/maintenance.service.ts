import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, int4s, texts } from '#libs/database';
import { Log } from '#libs/observability';
import { OperationalEventsService } from '#libs/operational';
import { CancellationsService } from './cancellations.service.js';
import { EndpointsUpkeepService } from './endpoints-upkeep.service.js';
import { HoldsService } from './holds.service.js';
import { HousekeepingService } from './housekeeping.service.js';
import { PayloadRemovalsService } from './payload-removals.service.js';
import { ReplayStepsService } from './replays/replay-steps.service.js';
import { SweepService } from './sweep.service.js';

const TICK_MS = 1000;

interface Task {
  everySeconds: number;
  run: () => Promise<void>;
}

/**
 * Runs the sweeps on a schedule that many workers share: whoever finds a task due and moves its time does it. The
 * schedule is in PostgreSQL, for one in Redis would be lost with just the data it is there to repair.
 */
@Injectable()
export class MaintenanceService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly tasks: Record<string, Task>;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SweepService) private readonly sweep: SweepService,
    @Inject(HoldsService) holds: HoldsService,
    @Inject(CancellationsService) cancellations: CancellationsService,
    @Inject(HousekeepingService) housekeeping: HousekeepingService,
    @Inject(ReplayStepsService) replays: ReplayStepsService,
    @Inject(EndpointsUpkeepService) endpoints: EndpointsUpkeepService,
    @Inject(OperationalEventsService) operational: OperationalEventsService,
    @Inject(PayloadRemovalsService) payloads: PayloadRemovalsService,
    @Inject(Log) private readonly log: Log,
  ) {
    this.tasks = {
      overdue_retries: { everySeconds: 1, run: () => sweep.admitOverdueRetries() },
      expired_endpoints: { everySeconds: 1, run: () => endpoints.closeExpired() },
      cancellations: { everySeconds: 1, run: () => cancellations.run() },
      held_events: { everySeconds: 1, run: () => holds.routeEvents() },
      held_deliveries: { everySeconds: 1, run: () => holds.admitDeliveries() },
      replays: { everySeconds: 1, run: () => replays.runDue() },
      operational_events: { everySeconds: 1, run: () => operational.send() },
      counters: { everySeconds: 2, run: async () => endpoints.disableFailing(await housekeeping.rollUpCounters()) },
      waiting_deliveries: { everySeconds: 15, run: () => sweep.wakeWaiting() },
      lost_deliveries: { everySeconds: 15, run: () => sweep.requeueLostDeliveries() },
      forgotten_events: { everySeconds: 15, run: () => sweep.routeForgottenEvents() },
      expired_payloads: { everySeconds: 10, run: () => payloads.removeExpired() },
      message_keys: { everySeconds: 3600, run: () => housekeeping.forgetMessageKeys() },
      partitions: { everySeconds: 3600, run: () => housekeeping.createPartitions() },
    };
  }

  onApplicationBootstrap(): void {
    const tick = async () => {
      this.running = this.runDueTasks();
      await this.running;
      if (this.timer) this.timer = setTimeout(() => void tick(), TICK_MS);
    };
    this.timer = setTimeout(() => void tick(), TICK_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
  }

  private async runDueTasks(): Promise<void> {
    const names = Object.keys(this.tasks);
    try {
      const due = await this.database.query<{ name: string }>('claim_tasks', CLAIM, [
        texts(names),
        int4s(names.map((name) => (this.tasks[name] as Task).everySeconds)),
      ]);
      for (const { name } of due) await this.run(name, this.tasks[name]?.run);
      await this.run('watch_redis', () => this.sweep.watchRedis());
    } catch (err) {
      this.log.warn({ err }, 'maintenance is interrupted');
    }
  }

  private async run(name: string, task: (() => Promise<void>) | undefined): Promise<void> {
    try {
      await task?.();
    } catch (err) {
      this.log.warn({ err, task: name }, 'a maintenance task failed and will run again');
    }
  }
}

const CLAIM = `
insert into maintenance_tasks as t (name, due_at)
select name, now() + seconds * interval '1 second' from unnest($1::text[], $2::int[]) as task (name, seconds)
on conflict (name) do update set due_at = excluded.due_at where t.due_at <= now()
returning name`;
