import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Config } from '#libs/config';
import { DestinationCache, type ProviderOutcome, type Target } from '#libs/destinations';
import { isRemoved, type LoadedPayload, PayloadLoader } from '#libs/events';
import { Log } from '#libs/observability';
import { type DeliverJob, type RetryJob } from '#libs/queues';
import { type Route, RouteCache } from '#libs/routing';
import { ConfigVersions } from '#libs/tenancy';
import { TransformPool } from '#libs/transform';
import { AttemptRecorder, type RecordedAttempt, type Retry } from './attempt-recorder.js';
import { DeliveryRows, type DueDelivery, type Settlement } from './delivery-rows.js';
import { Gate } from './gate.js';
import { RefillsService } from './refills.service.js';
import { RetryJobs } from './retry-jobs.js';
import { type Slot, SlotsService, type TakenSlot } from './slots.service.js';

/** Bytes of bodies that one worker holds for sends in flight. */
const MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024;

/** What came of a place in the window: `held` gave it back unused, `lost` found that another run has it. */
type RunResult = ({ kind: 'done' } & RecordedAttempt) | { kind: 'held' } | { kind: 'lost' };

/** Sends deliveries, one attempt at a time, and records what came of it. */
@Injectable()
export class DeliveryService {
  private readonly gate: Gate;

  constructor(
    @Inject(Config) config: Config,
    @Inject(SlotsService) private readonly slots: SlotsService,
    @Inject(RefillsService) private readonly refills: RefillsService,
    @Inject(DeliveryRows) private readonly rows: DeliveryRows,
    @Inject(ConfigVersions) private readonly versions: ConfigVersions,
    @Inject(RouteCache) private readonly routes: RouteCache,
    @Inject(DestinationCache) private readonly destinations: DestinationCache,
    @Inject(PayloadLoader) private readonly payloads: PayloadLoader,
    @Inject(TransformPool) private readonly transforms: TransformPool,
    @Inject(AttemptRecorder) private readonly recorder: AttemptRecorder,
    @Inject(RetryJobs) private readonly retryJobs: RetryJobs,
    @Inject(Log) private readonly log: Log,
  ) {
    this.gate = new Gate(config.HOOKSTREAM_WORKER_CONCURRENCY, MAX_BYTES_IN_FLIGHT);
  }

  /**
   * Sends a batch: each delivery on its own, none waiting for another. A failed one leaves the batch and becomes a
   * retry job. What is no longer queued is passed over, so a batch may run twice.
   */
  async deliverBatch({ groups }: DeliverJob): Promise<void> {
    const slots = groups.flatMap(({ destinationId, deliveryIds }) =>
      deliveryIds.map((deliveryId) => ({ destinationId, deliveryId })),
    );
    const { taken, held } = await this.slots.take(slots, false);
    await allEnded([this.hold(held, 'queued'), ...taken.map((slot) => this.deliverFirst(slot))]);
  }

  /**
   * Sends one delivery again.
   *
   * @returns when to run again, or undefined when the delivery has come to an end or waits for its turn
   */
  async deliverAgain({ destinationId, deliveryId, attempts }: RetryJob): Promise<Retry | undefined> {
    const { taken, held } = await this.slots.take([{ destinationId, deliveryId }], true);
    await this.hold(held, 'retrying');
    const [slot] = taken;
    return slot && this.run(slot, 'retrying', () => this.rows.retrying(deliveryId, attempts));
  }

  /** Lets deliveries that have not been started wait for another worker, and those in flight end. */
  stop(): void {
    this.gate.close();
  }

  private async deliverFirst(slot: TakenSlot): Promise<void> {
    const { destinationId, deliveryId } = slot;
    const retry = await this.run(slot, 'queued', () => this.rows.queued(deliveryId));
    if (retry) await this.retryJobs.add({ destinationId, deliveryId, attempts: retry.attempts }, retry.delayMs);
  }

  /** The place is taken before the row is read: so of two runs one finds the other's result. */
  private async run(
    slot: TakenSlot,
    from: Settlement['from'],
    load: () => Promise<DueDelivery | undefined>,
  ): Promise<Retry | undefined> {
    let result: RunResult = { kind: 'done', outcome: 'none' };
    try {
      const delivery = await load();
      if (delivery) result = await this.attempt(slot, delivery, from);
    } finally {
      if (result.kind !== 'lost') await this.slots.release(slot, result.kind === 'done' ? result.outcome : 'none');
    }
    if (result.kind === 'held') await this.refills.wake([slot.destinationId]);
    return result.kind === 'done' ? result.retry : undefined;
  }

  /** Lets deliveries wait in PostgreSQL again: commit first, then wake. */
  private async hold(slots: Slot[], from: Settlement['from']): Promise<void> {
    if (slots.length === 0) return;
    await Promise.all(
      slots.map(({ deliveryId }) => this.rows.settle({ deliveryId, from, state: 'waiting', cause: null })),
    );
    await this.refills.wake(slots.map(({ destinationId }) => destinationId));
  }

  private async attempt(slot: TakenSlot, delivery: DueDelivery, from: Settlement['from']): Promise<RunResult> {
    if (slot.waitMs > 0) await setTimeout(slot.waitMs);
    const wait = () => this.settle(delivery, from, 'waiting', null);
    return this.gate.run(
      delivery.destination_id,
      delivery.payload_bytes,
      async () => {
        const place = this.slots.isHeld(slot) ? 'taken' : await this.slots.retake(slot, from === 'retrying');
        if (place === 'lost') return { kind: 'lost' };
        return place === 'held' ? wait() : this.prepare(delivery, from);
      },
      wait,
    );
  }

  private async prepare(delivery: DueDelivery, from: Settlement['from']): Promise<RunResult> {
    // A change that was answered before the row was read counts, also when its announcement is late or lost.
    this.versions.learn(delivery.environment_id, delivery.config_version);
    const [targets, routes] = await Promise.all([
      this.destinations.getMany([delivery.destination_id]),
      this.routes.getMany([delivery.source_id]),
    ]);
    const target = targets.get(delivery.destination_id);
    const route = routes.get(delivery.source_id)?.routes.get(delivery.connection_id);
    if (!target) return this.settle(delivery, from, 'cancelled', 'destination_deleted');
    if (target.isExpired) return this.settle(delivery, from, 'cancelled', 'endpoint_expired');
    if (target.status === 'disabled') return this.settle(delivery, from, 'cancelled', 'destination_disabled');
    if (target.status === 'paused' || !delivery.is_active) return this.settle(delivery, from, 'waiting', null);
    if (!route) return this.settle(delivery, from, 'cancelled', 'connection_deleted');
    if (route.status === 'disabled') return this.settle(delivery, from, 'cancelled', 'connection_disabled');
    if (route.status === 'paused') return this.settle(delivery, from, 'waiting', 'connection_paused');
    const payload = await this.payloads.load(delivery.event_id, delivery.payload_bytes);
    if (!payload) return this.settle(delivery, from, 'cancelled', 'event_expired');
    if (isRemoved(payload.body)) return this.settle(delivery, from, 'cancelled', 'payload_expunged');
    return this.send(delivery, target, route, payload);
  }

  private async send(delivery: DueDelivery, target: Target, route: Route, payload: LoadedPayload): Promise<RunResult> {
    const startedAt = new Date();
    const transformed = route.transform && (await this.transforms.run(route.transform, payload.bytes.toString('utf8')));
    if (transformed && transformed.kind === 'failed') {
      const failure = transformFailure(transformed.message, startedAt);
      return { kind: 'done', ...(await this.recorder.record(delivery, target, failure, 0, startedAt)) };
    }
    const body = transformed ? Buffer.from(transformed.body, 'utf8') : payload.bytes;
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
    return { kind: 'done', ...(await this.recorder.record(delivery, target, outcome, body.length, startedAt)) };
  }

  /** @returns `held` when it waits again, and others must be woken for it */
  private async settle(
    delivery: DueDelivery,
    from: Settlement['from'],
    state: Settlement['state'],
    cause: Settlement['cause'],
  ): Promise<RunResult> {
    await this.rows.settle({ deliveryId: delivery.id, from, state, cause });
    this.log.info({ delivery_id: delivery.id, event_id: delivery.event_id, state, cause }, 'delivery not sent');
    return state === 'waiting' ? { kind: 'held' } : { kind: 'done', outcome: 'none' };
  }
}

/** Waits for all, then fails if one did: the job must not end before the last send. */
async function allEnded(work: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
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
