import { BullModule, InjectQueue } from '@nestjs/bullmq';
import { Global, Inject, Module } from '@nestjs/common';
import { type Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { Config } from '#libs/config';
import { Log } from '#libs/observability';
import { ChannelListener } from './channel-listener.js';
import { DELIVER_QUEUE, ROUTE_QUEUE } from './jobs.js';
import { logged, redisOptions } from './redis.js';

/** One hash tag: BullMQ's scripts touch several keys of a queue, which a Redis Cluster wants in one slot. */
export const QUEUE_PREFIX = '{hookstream}';

/** The queues, a plain Redis connection for announcements and probes, and one to listen. */
@Global()
@Module({
  imports: [
    BullModule.forRootAsync({
      inject: [Config],
      useFactory: (config: Config) => ({
        connection: { ...redisOptions(config.REDIS_URL), maxRetriesPerRequest: null },
        prefix: QUEUE_PREFIX,
      }),
    }),
    BullModule.registerQueueAsync(producer(ROUTE_QUEUE), producer(DELIVER_QUEUE)),
  ],
  providers: [
    ChannelListener,
    {
      provide: Redis,
      inject: [Config, Log],
      useFactory: (config: Config, log: Log) =>
        new Redis({ ...redisOptions(config.REDIS_URL), maxRetriesPerRequest: 1 }).on('error', logged(log, 'commands')),
    },
  ],
  exports: [BullModule, ChannelListener, Redis],
})
export class QueuesModule {
  constructor(
    @InjectQueue(ROUTE_QUEUE) routeQueue: Queue,
    @InjectQueue(DELIVER_QUEUE) deliverQueue: Queue,
    @Inject(Log) log: Log,
  ) {
    for (const queue of [routeQueue, deliverQueue]) queue.on('error', logged(log, queue.name));
  }
}

/**
 * A producer must not wait for a Redis that is away: the sweep finds what was not enqueued. Finished jobs are not
 * kept, for PostgreSQL has the outcome.
 */
function producer(name: string) {
  return {
    name,
    inject: [Config],
    useFactory: (config: Config) => ({
      name,
      prefix: QUEUE_PREFIX,
      connection: { ...redisOptions(config.REDIS_URL), enableOfflineQueue: false, maxRetriesPerRequest: 1 },
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    }),
  };
}
