import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Config } from '#libs/config';
import { DELIVER_QUEUE, ROUTE_QUEUE } from './jobs.js';
import { redisOptions } from './redis.js';

/** One hash tag: BullMQ's scripts touch several keys of a queue, which a Redis Cluster wants in one slot. */
export const QUEUE_PREFIX = '{hookstream}';

/** The queues, and a plain Redis connection for announcements and probes. */
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
    {
      provide: Redis,
      inject: [Config],
      useFactory: (config: Config) => new Redis({ ...redisOptions(config.REDIS_URL), maxRetriesPerRequest: 1 }),
    },
  ],
  exports: [BullModule, Redis],
})
export class QueuesModule {}

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
