import { type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { type Job, Worker, type WorkerOptions } from 'bullmq';
import { type Config } from '#libs/config';
import { type Log } from '#libs/observability';
import { logged, QUEUE_PREFIX, redisOptions } from '#libs/queues';

/** A job whose worker has not been heard of for this long is taken over by another. */
const LOCK_MS = 20_000;
const STALL_CHECK_MS = 10_000;
/** Above any number a healthy job reaches: the rows decide when to give up (recoveries), not the job. */
const MAX_STALLS = 100;
/** Time for sends in flight when the process is told to stop; Kubernetes grants 30 s in all. */
const STOP_WITHIN_MS = 20_000;

/** Takes the jobs of one queue. A worker of its own rather than the decorator, for its options come from the Config. */
export abstract class QueueProcessor<Data, Result = void> implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private worker: Worker<Data, Result> | undefined;

  constructor(
    private readonly queueName: string,
    private readonly config: Config,
    private readonly log: Log,
    private readonly options: Pick<WorkerOptions, 'concurrency' | 'settings'>,
  ) {}

  protected abstract run(job: Job<Data, Result>): Promise<Result>;

  onApplicationBootstrap(): void {
    this.worker = new Worker<Data, Result>(this.queueName, (job) => this.run(job), {
      connection: { ...redisOptions(this.config.REDIS_URL), maxRetriesPerRequest: null },
      prefix: QUEUE_PREFIX,
      lockDuration: LOCK_MS,
      stalledInterval: STALL_CHECK_MS,
      maxStalledCount: MAX_STALLS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      ...this.options,
    });
    this.worker.on('error', logged(this.log, `${this.queueName} worker`));
    this.worker.on('stalled', (job) => this.log.warn({ job, queue: this.queueName }, 'job taken over'));
  }

  /** Takes no more jobs and lets the running ones end; what is not done in time is taken over by another worker. */
  async beforeApplicationShutdown(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, STOP_WITHIN_MS)));
    await Promise.race([this.worker?.close(), late]);
    clearTimeout(timer);
  }
}
