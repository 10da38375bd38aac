import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { type Queue } from 'bullmq';
import { Log } from '#libs/observability';
import { DELIVER_QUEUE, WAKE_JOB, type WakeJob } from '#libs/queues';

/** Destinations named by one job. */
const MAX_DESTINATIONS = 100;
/** Clocks differ: a job that comes early is run again. */
const MAX_RESUMES = 1000;

/** Tells the workers that deliveries of a destination may go on. */
@Injectable()
export class Wakeups {
  constructor(
    @InjectQueue(DELIVER_QUEUE) private readonly queue: Queue<WakeJob>,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Call after the commit that made rows wait. A wake-up that is lost is made up for by the sweep. */
  async wake(destinationIds: Iterable<string>): Promise<void> {
    const ids = [...new Set(destinationIds)];
    const jobs: { name: string; data: WakeJob }[] = [];
    for (let start = 0; start < ids.length; start += MAX_DESTINATIONS) {
      jobs.push({ name: WAKE_JOB, data: { destinationIds: ids.slice(start, start + MAX_DESTINATIONS) } });
    }
    if (jobs.length > 0) await this.add(jobs, ids.length);
  }

  /** Wakes a destination whose circuit has opened, once it may be tested, also when nothing new is sent to it. */
  async resume(destinationId: string, delayMs: number): Promise<void> {
    const opts = { delay: delayMs, attempts: MAX_RESUMES, backoff: { type: 'target' } };
    await this.add([{ name: WAKE_JOB, data: { destinationIds: [destinationId], afterOpening: true }, opts }], 1);
  }

  /** Wakes a destination when it is its turn at a rate that it shares. */
  async later(destinationId: string, delayMs: number): Promise<void> {
    await this.add(
      [{ name: WAKE_JOB, data: { destinationIds: [destinationId], isTurn: true }, opts: { delay: delayMs } }],
      1,
    );
  }

  private async add(jobs: Parameters<Queue<WakeJob>['addBulk']>[0], destinations: number): Promise<void> {
    await this.queue.addBulk(jobs).catch((err: unknown) => {
      this.log.warn({ err, destinations }, 'destinations not woken; the sweep will do so');
    });
  }
}
