import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { type JobsOptions, type Queue } from 'bullmq';
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
const RETRY_JOB_ATTEMPTS = 1000;

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
    const jobs: { name: string; data: DeliverJob }[] = [];
    for (let start = 0; start < deliveries.length; start += MAX_BATCH) {
      jobs.push({ name: BATCH_JOB, data: { groups: grouped(deliveries.slice(start, start + MAX_BATCH)) } });
    }
    await this.queue.addBulk(jobs).catch((err: unknown) => {
      this.log.warn({ err, deliveries: deliveries.length }, 'deliveries not enqueued; the sweep will find them');
    });
  }

  /** Tells workers of destinations that got waiting rows, once these are committed; the sweep admits them. */
  wake(destinationIds: string[]): Promise<void> {
    this.log.debug({ destinations: destinationIds.length }, 'deliveries wait to be admitted');
    return Promise.resolve();
  }

  /** Adds the job that retries a failed delivery. @param delayMs as written to the row */
  async addRetry(retry: RetryJob, delayMs: number): Promise<void> {
    const options: JobsOptions = {
      delay: delayMs,
      attempts: RETRY_JOB_ATTEMPTS,
      backoff: { type: 'target' },
      jobId: `retry-${retry.deliveryId}-${retry.attempts}`,
    };
    await this.queue.add(RETRY_JOB, retry, options).catch((err: unknown) => {
      this.log.warn({ err, delivery_id: retry.deliveryId }, 'retry not enqueued; the sweep will find it');
    });
  }
}

function grouped(deliveries: QueuedDelivery[]): DeliverJobGroup[] {
  const groups = new Map<string, string[]>();
  for (const { id, destinationId } of deliveries) {
    const ids = groups.get(destinationId);
    if (ids) ids.push(id);
    else groups.set(destinationId, [id]);
  }
  return [...groups].map(([destinationId, deliveryIds]) => ({ destinationId, deliveryIds }));
}
