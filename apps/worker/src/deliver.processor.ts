import { Inject, Injectable } from '@nestjs/common';
import { type Job } from 'bullmq';
import { Config } from '#libs/config';
import { DeliveryService } from '#libs/deliveries';
import { Log } from '#libs/observability';
import { DELIVER_QUEUE, type DeliverJob, RETRY_JOB, type RetryJob } from '#libs/queues';
import { QueueProcessor } from './queue-processor.js';

/**
 * High, for a job ends with its slowest delivery: at 8 jobs at a time, 5 % of traffic to a destination that takes 2 s
 * held up all the rest. What is sent at the same time is bounded inside.
 */
const CONCURRENCY = 1000;

/** Fails a job so that BullMQ runs it again, at the time its destination's policy says. */
class RetryLater extends Error {
  constructor(readonly delayMs: number) {
    super(`to be retried in ${delayMs} ms`);
  }
}

/** The `target` backoff: the policy has been applied where the attempt was recorded, the job only carries it out. */
export function targetBackoff(_attemptsMade: number, _type?: string, error?: Error): number {
  return error instanceof RetryLater ? error.delayMs : 1000;
}

/** Sends deliveries: batches of new ones, and single ones again. */
@Injectable()
export class DeliverProcessor extends QueueProcessor<DeliverJob | RetryJob> {
  constructor(
    @Inject(Config) config: Config,
    @Inject(Log) log: Log,
    @Inject(DeliveryService) private readonly deliveries: DeliveryService,
  ) {
    super(DELIVER_QUEUE, config, log, { concurrency: CONCURRENCY, settings: { backoffStrategy: targetBackoff } });
  }

  protected override async run(job: Job<DeliverJob | RetryJob>): Promise<void> {
    if (job.name !== RETRY_JOB) return this.deliveries.deliverBatch(job.data as DeliverJob);
    const retry = job.data as RetryJob;
    const again = await this.deliveries.deliverAgain(retry, retry.attempts + job.attemptsMade);
    if (again) throw new RetryLater(again.delayMs);
  }
}
