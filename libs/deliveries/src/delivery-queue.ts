import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { type JobsOptions, type Queue } from 'bullmq';
import { byDestination } from '#libs/destinations';
import { Log } from '#libs/observability';
import {
  BATCH_JOB,
  DELIVER_QUEUE,
  type DeliverJob,
  type DeliverJobGroup,
  RETRY_JOB,
  type RetryJob,
} from '#libs/queues';

/** Deliveries in one job: enough to make a job's cost small for each, few enough to spread over workers. */
const MAX_BATCH = 100;
/** Above any policy's retries: the row decides when to stop, not the job. */
const MAX_RUNS = 1000;
/** How often a batch is run again, a second apart, while PostgreSQL is away; then the sweep looks after its rows. */
const MAX_BATCH_RUNS = 60;

/** A delivery whose row is queued. */
export interface QueuedDelivery {
  id: string;
  destinationId: string;
}

/** Wakes workers. Nothing here is needed for a delivery to happen in the end: the sweep finds rows without a job. */
@Injectable()
export class DeliveryQueue {
  constructor(
    @InjectQueue(DELIVER_QUEUE) private readonly queue: Queue<DeliverJob | RetryJob>,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Adds jobs for rows that have been committed as queued. */
  async add(deliveries: QueuedDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const jobs: { name: string; data: DeliverJob; opts: JobsOptions }[] = [];
    for (let start = 0; start < deliveries.length; start += MAX_BATCH) {
      const data = { groups: grouped(deliveries.slice(start, start + MAX_BATCH)) };
      jobs.push({ name: BATCH_JOB, data, opts: { attempts: MAX_BATCH_RUNS, backoff: { type: 'target' } } });
    }
    await this.queue.addBulk(jobs).catch((err: unknown) => {
      this.log.warn({ err, deliveries: deliveries.length }, 'deliveries not enqueued; the sweep will find them');
    });
  }

  /** Adds the jobs that retry failed deliveries, each after the delay that was written to its row. */
  async addRetries(retries: { retry: RetryJob; delayMs: number }[]): Promise<void> {
    if (retries.length === 0) return;
    const jobs = retries.map(({ retry, delayMs }) => ({
      name: RETRY_JOB,
      data: retry,
      opts: {
        delay: delayMs,
        attempts: MAX_RUNS,
        backoff: { type: 'target' },
        jobId: `retry-${retry.deliveryId}-${retry.attempts}`,
      },
    }));
    await this.queue.addBulk(jobs).catch((err: unknown) => {
      this.log.warn({ err, deliveries: retries.length }, 'retries not enqueued; the sweep will find them');
    });
  }
}

function grouped(deliveries: QueuedDelivery[]): DeliverJobGroup[] {
  return [...byDestination(deliveries)].map(([destinationId, group]) => ({
    destinationId,
    deliveryIds: group.map(({ id }) => id),
  }));
}
