/** Events that were committed together and wait to be routed. */
export const ROUTE_QUEUE = 'route';
/** Deliveries to be sent: batches of new ones, and single ones that are due for a retry. */
export const DELIVER_QUEUE = 'deliver';

/** Job of either queue that carries what was committed together. */
export const BATCH_JOB = 'batch';
/** Job of {@link DELIVER_QUEUE} that retries a single delivery. */
export const RETRY_JOB = 'retry';

/** Ids only: PostgreSQL is the truth, a job is no more than a wake-up call. */
export interface RouteJob {
  eventIds: string[];
}

/** Deliveries of one destination that were admitted together. */
export interface DeliverJobGroup {
  destinationId: string;
  deliveryIds: string[];
}

/** At most 100 ids, whatever their destinations. */
export interface DeliverJob {
  groups: DeliverJobGroup[];
}

/** One failed delivery, retried by BullMQ until its policy is exhausted. */
export interface RetryJob {
  destinationId: string;
  deliveryId: string;
  /** Attempts made when this job was added. */
  attempts: number;
}
