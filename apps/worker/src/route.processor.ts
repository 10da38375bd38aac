import { Inject, Injectable } from '@nestjs/common';
import { type Job } from 'bullmq';
import { Config } from '#libs/config';
import { RouterService } from '#libs/deliveries';
import { Log } from '#libs/observability';
import { ROUTE_QUEUE, type RouteJob } from '#libs/queues';
import { QueueProcessor } from './queue-processor.js';

/** A job is a batch already, and batches of several jobs merge: a few at a time keep the database busy. */
const CONCURRENCY = 16;

/** Routes events that have been stored. */
@Injectable()
export class RouteProcessor extends QueueProcessor<RouteJob> {
  constructor(
    @Inject(Config) config: Config,
    @Inject(Log) log: Log,
    @Inject(RouterService) private readonly router: RouterService,
  ) {
    super(ROUTE_QUEUE, config, log, { concurrency: CONCURRENCY });
  }

  protected override async run({ data }: Job<RouteJob>): Promise<void> {
    await this.router.route(data.eventIds);
  }
}
