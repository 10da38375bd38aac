import { Inject, Injectable } from '@nestjs/common';
import { Batcher } from '#libs/database';
import { byDestination } from '#libs/destinations';
import { type RetryJob } from '#libs/queues';
import { DeliveryQueue } from './delivery-queue.js';
import { DeliveryRows } from './delivery-rows.js';

/**
 * Retries of one destination that have jobs. More of them wait in PostgreSQL only, so that a destination that fails for
 * days does not fill Redis.
 */
const MAX_JOBS = 200;

interface NewRetry {
  destinationId: string;
  retry: RetryJob;
  delayMs: number;
}

/** Makes jobs of retries whose rows have been written. */
@Injectable()
export class RetryJobs {
  private readonly batcher = new Batcher<NewRetry, void>((retries) => this.flush(retries));

  constructor(
    @Inject(DeliveryRows) private readonly rows: DeliveryRows,
    @Inject(DeliveryQueue) private readonly queue: DeliveryQueue,
  ) {}

  /** @param delayMs as written to the row */
  add(retry: RetryJob, delayMs: number): Promise<void> {
    return this.batcher.add({ destinationId: retry.destinationId, retry, delayMs });
  }

  /** The rows of these retries are among those counted. */
  private async flush(retries: NewRetry[]): Promise<void[]> {
    const groups = byDestination(retries);
    const counts = await this.rows.countRetrying([...groups.keys()], MAX_JOBS + retries.length);
    const withJob = [...groups].flatMap(([destinationId, group]) => {
      const others = Math.max(0, (counts.get(destinationId) ?? 0) - group.length);
      return group.slice(0, Math.max(0, MAX_JOBS - others));
    });
    await this.queue.addRetries(withJob);
    return retries.map(() => undefined);
  }
}
