import { Inject, Injectable } from '@nestjs/common';
import {
  type FailureCause,
  type ProviderOutcome,
  retryDelayMs,
  type SlotOutcome,
  type Target,
} from '#libs/destinations';
import { Log, Metrics } from '#libs/observability';
import { attemptStatus } from './attempt-status.js';
import { type AttemptRecord, AttemptWriter } from './attempt-writer.js';
import { type DueDelivery } from './delivery-rows.js';

/** When to try again. */
export interface Retry {
  delayMs: number;
  /** Attempts made so far. */
  attempts: number;
}

/** What is known once an attempt is recorded. */
export interface RecordedAttempt {
  /** `none` when another run was first. */
  outcome: SlotOutcome;
  retry?: Retry;
}

/** Writes down what came of an attempt, and what it makes of its delivery. */
@Injectable()
export class AttemptRecorder {
  constructor(
    @Inject(AttemptWriter) private readonly writer: AttemptWriter,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** @returns what it says of the destination, and when to try again */
  async record(
    delivery: DueDelivery,
    target: Target,
    outcome: ProviderOutcome,
    requestBodyBytes: number,
    startedAt: Date,
  ): Promise<RecordedAttempt> {
    const number = delivery.attempts + 1;
    const delayMs = outcome.kind === 'retryable' ? nextDelayMs(delivery, target, outcome.retryAfterMs) : undefined;
    const record: AttemptRecord = {
      deliveryId: delivery.id,
      number,
      environmentId: delivery.environment_id,
      eventId: delivery.event_id,
      connectionId: delivery.connection_id,
      destinationId: delivery.destination_id,
      triggerType: number === delivery.attempts_before + 1 ? delivery.trigger_type : 'retry',
      status: attemptStatus(outcome),
      cause: outcome.kind === 'delivered' ? null : outcome.cause,
      error: outcome.kind === 'delivered' ? null : outcome.message,
      request: outcome.request,
      requestBodyBytes,
      response: outcome.response,
      durationMs: outcome.durationMs,
      startedAt,
      state: outcome.kind === 'delivered' ? 'delivered' : delayMs === undefined ? 'dead' : 'retrying',
      retryDelayMs: delayMs ?? null,
    };
    const recorded = await this.writer.record(record);
    this.logAttempt(record, recorded);
    if (recorded) this.metrics.attempts.inc({ status: record.status, cause: record.cause ?? '' });
    else this.metrics.lateResults.inc();
    if (!recorded) return { outcome: 'none' };
    const retry = delayMs === undefined ? undefined : { delayMs, attempts: number };
    return { outcome: slotOutcome(outcome), retry };
  }

  private logAttempt(record: AttemptRecord, recorded: boolean): void {
    const fields = {
      event_id: record.eventId,
      delivery_id: record.deliveryId,
      connection_id: record.connectionId,
      destination_id: record.destinationId,
      attempt: record.number,
      status: record.status,
      state: record.state,
      response_status: record.response?.status,
      cause: record.cause ?? undefined,
      duration_ms: record.durationMs,
      retry_in_ms: record.retryDelayMs ?? undefined,
      trigger: record.triggerType,
    };
    this.log.info(fields, recorded ? 'attempt' : 'attempt not recorded: another run was first');
  }
}

/** A receiver may ask for more patience than the policy has, never for less. */
function nextDelayMs(delivery: DueDelivery, target: Target, retryAfterMs = 0): number | undefined {
  const delayMs = retryDelayMs(target.retry, delivery.attempts + 1 - delivery.attempts_before);
  return delayMs === undefined ? undefined : Math.max(delayMs, retryAfterMs);
}

/** Causes that lie in the event, and say nothing of the destination. */
const CAUSES_OF_EVENTS: FailureCause[] = ['transform_failed', 'payload_too_large', 'payload_refused'];

function slotOutcome(outcome: ProviderOutcome): SlotOutcome {
  if (outcome.kind === 'delivered') return 'ok';
  return CAUSES_OF_EVENTS.includes(outcome.cause) ? 'none' : 'failed';
}
