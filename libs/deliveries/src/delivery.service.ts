import { Inject, Injectable } from '@nestjs/common';
import { Config } from '#libs/config';
import { DestinationCache, type ProviderOutcome, retryDelayMs, type Target } from '#libs/destinations';
import { bodyBytes, type LoadedPayload, PayloadLoader } from '#libs/events';
import { Log } from '#libs/observability';
import { type DeliverJob, type RetryJob } from '#libs/queues';
import { type Route, RouteCache } from '#libs/routing';
import { TransformPool } from '#libs/transform';
import { type AttemptRecord, AttemptWriter } from './attempt-writer.js';
import { type AttemptStatus } from './delivery-attempt.entity.js';
import { DeliveryQueue } from './delivery-queue.js';
import { DeliveryRows, type DueDelivery, type Settlement } from './delivery-rows.js';
import { Gate } from './gate.js';

/** Bytes of bodies that one worker holds for sends in flight. */
const MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024;

/** When to try again. */
interface Retry {
  delayMs: number;
  /** Attempts made so far. */
  attempts: number;
}

/** Sends deliveries, one attempt at a time, and records what came of it. */
@Injectable()
export class DeliveryService {
  private readonly gate: Gate;

  constructor(
    @Inject(Config) config: Config,
    @Inject(DeliveryRows) private readonly rows: DeliveryRows,
    @Inject(RouteCache) private readonly routes: RouteCache,
    @Inject(DestinationCache) private readonly destinations: DestinationCache,
    @Inject(PayloadLoader) private readonly payloads: PayloadLoader,
    @Inject(TransformPool) private readonly transforms: TransformPool,
    @Inject(AttemptWriter) private readonly attempts: AttemptWriter,
    @Inject(DeliveryQueue) private readonly queue: DeliveryQueue,
    @Inject(Log) private readonly log: Log,
  ) {
    this.gate = new Gate(config.HOOKSTREAM_WORKER_CONCURRENCY, MAX_BYTES_IN_FLIGHT);
  }

  /**
   * Sends a batch: each delivery on its own, none waiting for another. A failed one leaves the batch and becomes a
   * retry job. What is no longer queued is passed over, so a batch may run twice.
   */
  async deliverBatch({ groups }: DeliverJob): Promise<void> {
    const ids = groups.flatMap(({ deliveryIds }) => deliveryIds);
    await allEnded(ids.map((id) => this.deliverFirst(id)));
  }

  /**
   * Sends one delivery again.
   *
   * @param attempts made so far; with another number this run is late and does nothing
   * @returns when to run again, or undefined when the delivery has come to an end
   */
  async deliverAgain({ deliveryId }: RetryJob, attempts: number): Promise<Retry | undefined> {
    const delivery = await this.rows.retrying(deliveryId, attempts);
    return delivery && this.attempt(delivery);
  }

  private async deliverFirst(id: string): Promise<void> {
    const delivery = await this.rows.queued(id);
    const retry = delivery && (await this.attempt(delivery));
    if (!retry) return;
    const { attempts, delayMs } = retry;
    await this.queue.addRetry({ destinationId: delivery.destination_id, deliveryId: id, attempts }, delayMs);
  }

  private async attempt(delivery: DueDelivery): Promise<Retry | undefined> {
    const [targets, routes] = await Promise.all([
      this.destinations.getMany([delivery.destination_id]),
      this.routes.getMany([delivery.source_id]),
    ]);
    const target = targets.get(delivery.destination_id);
    const route = routes.get(delivery.source_id)?.routes.find((r) => r.connectionId === delivery.connection_id);
    if (!target) return this.settle(delivery, 'cancelled', 'destination_deleted');
    if (target.status === 'disabled') return this.settle(delivery, 'cancelled', 'destination_disabled');
    if (target.status === 'paused') return this.settle(delivery, 'waiting', 'destination_paused');
    if (!route) return this.settle(delivery, 'cancelled', 'connection_deleted');
    if (route.status === 'disabled') return this.settle(delivery, 'cancelled', 'connection_disabled');
    if (route.status === 'paused') return this.settle(delivery, 'waiting', 'connection_paused');
    return this.gate.run(delivery.payload_bytes, async () => {
      const payload = await this.payloads.load(delivery.event_id, delivery.payload_bytes);
      if (!payload) return this.settle(delivery, 'cancelled', 'event_expired');
      return this.send(delivery, target, route, payload);
    });
  }

  private async send(delivery: DueDelivery, target: Target, route: Route, payload: LoadedPayload) {
    const startedAt = new Date();
    const original = bodyBytes(payload.body);
    const transformed = route.transform && (await this.transforms.run(route.transform, original.toString('utf8')));
    if (transformed && transformed.kind === 'failed') {
      return this.record(delivery, target, transformFailure(transformed.message, startedAt), 0, startedAt);
    }
    const body = transformed ? Buffer.from(transformed.body, 'utf8') : original;
    const outcome = await target.provider.send({
      eventId: delivery.event_id,
      sourceId: delivery.source_id,
      deliveryId: delivery.id,
      attempt: delivery.attempts + 1,
      startedAt,
      eventHeaders: JSON.parse(payload.headersJson) as Record<string, string>,
      body,
      transformed: Boolean(transformed),
    });
    return this.record(delivery, target, outcome, body.length, startedAt);
  }

  private async record(
    delivery: DueDelivery,
    target: Target,
    outcome: ProviderOutcome,
    requestBodyBytes: number,
    startedAt: Date,
  ): Promise<Retry | undefined> {
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
      status: statusOf(outcome),
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
    const recorded = await this.attempts.record(record);
    this.logAttempt(record, recorded);
    return recorded && delayMs !== undefined ? { delayMs, attempts: number } : undefined;
  }

  private async settle(
    delivery: DueDelivery,
    state: Settlement['state'],
    cause: Settlement['cause'],
  ): Promise<undefined> {
    await this.rows.settle({ deliveryId: delivery.id, state, cause });
    this.log.info({ delivery_id: delivery.id, event_id: delivery.event_id, state, cause }, 'delivery not sent');
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

/** Waits for all, then fails if one did: the job must not end before the last send. */
async function allEnded(work: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** A receiver may ask for more patience than the policy has, never for less. */
function nextDelayMs(delivery: DueDelivery, target: Target, retryAfterMs = 0): number | undefined {
  const delayMs = retryDelayMs(target.retry, delivery.attempts + 1 - delivery.attempts_before);
  return delayMs === undefined ? undefined : Math.max(delayMs, retryAfterMs);
}

function statusOf(outcome: ProviderOutcome): AttemptStatus {
  if (outcome.kind === 'delivered') return 'success';
  if (outcome.cause === 'timeout') return 'timeout';
  return outcome.response ? 'failed' : 'error';
}

/** Never sent untransformed: it waits as a dead letter until the expression is mended and someone retries it. */
function transformFailure(message: string, startedAt: Date): ProviderOutcome {
  return {
    kind: 'permanent',
    cause: 'transform_failed',
    message,
    request: { url: '', method: '', headers: {} },
    response: null,
    durationMs: Date.now() - startedAt.getTime(),
  };
}
