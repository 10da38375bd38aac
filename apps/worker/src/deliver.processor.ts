import { Inject, Injectable } from '@nestjs/common';
import { type Job } from 'bullmq';
import { Config } from '#libs/config';
import { DeliveryService, DestinationTester, RefillsService } from '#libs/deliveries';
import { Log } from '#libs/observability';
import {
  DELIVER_QUEUE,
  type DeliverJob,
  RETRY_JOB,
  type RetryJob,
  TEST_JOB,
  type TestJob,
  WAKE_JOB,
  type WakeJob,
} from '#libs/queues';
import { QueueProcessor } from './queue-processor.js';

/**
 * High, for a job ends with its slowest delivery: at 8 jobs at a time, 5 % of traffic to a destination that takes 2 s
 * held up all the rest. What is sent at the same time is bounded inside.
 */
const CONCURRENCY = 1000;

/** Fails a job so that BullMQ runs it again, at the time its destination's policy or circuit says. */
class RunAgain extends Error {
  constructor(readonly delayMs: number) {
    super(`to be run again in ${delayMs} ms`);
  }
}

/** The `target` backoff: the policy has been applied where the attempt was recorded, the job only carries it out. */
export function targetBackoff(_attemptsMade: number, _type?: string, error?: Error): number {
  return error instanceof RunAgain ? error.delayMs : 1000;
}

type Data = DeliverJob | RetryJob | WakeJob | TestJob;

/** Sends deliveries: batches of new ones, single ones again, what waits for a destination, and tests. */
@Injectable()
export class DeliverProcessor extends QueueProcessor<Data> {
  constructor(
    @Inject(Config) config: Config,
    @Inject(Log) log: Log,
    @Inject(DeliveryService) private readonly deliveries: DeliveryService,
    @Inject(RefillsService) private readonly refills: RefillsService,
    @Inject(DestinationTester) private readonly tester: DestinationTester,
  ) {
    super(DELIVER_QUEUE, config, log, { concurrency: CONCURRENCY, settings: { backoffStrategy: targetBackoff } });
  }

  protected override async run(job: Job<Data>): Promise<void> {
    switch (job.name) {
      case RETRY_JOB:
        return this.retry(job as Job<RetryJob>);
      case WAKE_JOB:
        return this.wake(job.data as WakeJob);
      case TEST_JOB:
        return this.tester.run(job.data as TestJob);
      default:
        return this.deliveries.deliverBatch(job.data as DeliverJob);
    }
  }

  /** What has not been started is handed over, what is in flight ends, and what was admitted meanwhile gets its job. */
  override async beforeApplicationShutdown(): Promise<void> {
    this.deliveries.stop();
    await super.beforeApplicationShutdown();
    await this.refills.stop();
  }

  private async retry(job: Job<RetryJob>): Promise<void> {
    const again = await this.deliveries.deliverAgain(job.data);
    if (!again) return;
    await job.updateData({ ...job.data, attempts: again.attempts });
    throw new RunAgain(again.delayMs);
  }

  private async wake({ destinationIds, afterOpening, isTurn }: WakeJob): Promise<void> {
    if (isTurn) return void (await this.refills.wake(destinationIds));
    const openMs = await this.refills.wakeAfterChange(destinationIds);
    if (afterOpening && openMs > 0) throw new RunAgain(openMs);
  }
}
