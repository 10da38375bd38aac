export { ChannelListener } from './channel-listener.js';
export {
  BATCH_JOB,
  DELIVER_QUEUE,
  type DeliverJob,
  type DeliverJobGroup,
  RETRY_JOB,
  type RetryJob,
  ROUTE_QUEUE,
  type RouteJob,
  TEST_JOB,
  type TestJob,
  WAKE_JOB,
  type WakeJob,
} from './jobs.js';
export { QUEUE_PREFIX, QueuesModule } from './queues.module.js';
export { logged, redisOptions } from './redis.js';
