/** Events that were committed together and wait to be routed. */
export const ROUTE_QUEUE = 'route';
/** Deliveries to be sent: batches of new ones, single ones that are due for a retry, and destinations to go on with. */
export const DELIVER_QUEUE = 'deliver';

/** Job of either queue that carries what was committed together. */
export const BATCH_JOB = 'batch';
/** Job of {@link DELIVER_QUEUE} that retries a single delivery. */
export const RETRY_JOB = 'retry';
/** Job of {@link DELIVER_QUEUE} that lets waiting deliveries of destinations go. */
export const WAKE_JOB = 'wake';
/** Job of {@link DELIVER_QUEUE} that tries a destination out. */
export const TEST_JOB = 'test';

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
  /** Attempts made so far; a job whose delivery has another number is late and does nothing. */
  attempts: number;
}

/** Destinations for which rows wait, or that were opened. */
export interface WakeJob {
  destinationIds: string[];
  /** Comes when the circuit of its one destination may be tested; if that is too early it comes again. */
  afterOpening?: boolean;
  /** Comes for its one destination's turn at a rate that it shares; nothing about it has changed. */
  isTurn?: boolean;
}

/** A destination to be tried out for somebody who waits for the answer. */
export interface TestJob {
  destinationId: string;
  /** Redis channel for the answers; when nobody listens there any more, nothing is sent. */
  replyTo: string;
}
