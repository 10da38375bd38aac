import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Batcher } from '#libs/database';
import {
  Admission,
  byDestination,
  type CircuitTransition,
  CLOSED,
  DestinationCache,
  MAX_ADMISSION_IDS,
  SEND_LEASE_MS,
  type SlotOutcome,
  Wakeups,
} from '#libs/destinations';
import { Log, Metrics } from '#libs/observability';
import { OperationalEventsService } from '#libs/operational';
import { RefillsService } from './refills.service.js';

const BEAT_MS = SEND_LEASE_MS / 4;
/** A place is believed to be held until this long before its lease ends. */
const LEASE_MARGIN_MS = 2000;

/** A delivery by its place in the window of its destination. */
export interface Slot {
  destinationId: string;
  deliveryId: string;
}

interface Release extends Slot {
  outcome: SlotOutcome;
}

interface Lease extends Slot {
  /** When it was known to be held, on this process' clock that never steps. */
  confirmedAt: number;
}

/** A place taken, with the time to wait for the destination's rate. */
export interface TakenSlot extends Slot {
  waitMs: number;
}

/** Places in the windows of destinations that this process holds. A process that dies loses them after 20 s. */
@Injectable()
export class SlotsService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly leases = new Map<string, Lease>();
  private readonly releases = new Batcher<Release, void>((items) => this.finish(items), {
    maxItems: MAX_ADMISSION_IDS,
  });
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(Admission) private readonly admission: Admission,
    @Inject(DestinationCache) private readonly destinations: DestinationCache,
    @Inject(RefillsService) private readonly refills: RefillsService,
    @Inject(Wakeups) private readonly wakeups: Wakeups,
    @Inject(OperationalEventsService) private readonly operational: OperationalEventsService,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(Log) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.beat(), BEAT_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /**
   * Takes the places of deliveries about to be sent.
   *
   * @param claim also of those that have none: for retries, which give theirs back while they wait
   * @returns those to send, and those that have to wait in PostgreSQL again; the rest is sent by another run
   */
  async take(slots: Slot[], claim: boolean): Promise<{ taken: TakenSlot[]; held: Slot[] }> {
    const groups = [...byDestination(slots)];
    const targets = await this.destinations.getMany(groups.map(([id]) => id));
    const confirmedAt = performance.now();
    const verdicts = await this.admission.start(
      groups.map(([destinationId, group]) => ({
        destinationId,
        policy: targets.get(destinationId)?.admission ?? CLOSED,
        ids: group.map(({ deliveryId }) => deliveryId),
      })),
      claim,
    );
    const taken: TakenSlot[] = [];
    const held: Slot[] = [];
    groups.forEach(([, group], index) =>
      group.forEach((slot, at) => {
        const verdict = verdicts[index]?.[at];
        if (verdict?.kind === 'hold') held.push(slot);
        if (verdict?.kind !== 'go') return;
        taken.push({ ...slot, waitMs: verdict.waitMs });
        this.leases.set(slot.deliveryId, { ...slot, confirmedAt: confirmedAt + verdict.waitMs });
      }),
    );
    return { taken, held };
  }

  /** Whether the place is certainly held still; a process that was stopped for long must take it again. */
  isHeld({ deliveryId }: Slot): boolean {
    const lease = this.leases.get(deliveryId);
    return lease !== undefined && performance.now() - lease.confirmedAt < SEND_LEASE_MS - LEASE_MARGIN_MS;
  }

  /** Takes a place again whose lease may have ended. @returns `lost` when another run has it now */
  async retake(slot: Slot, claim: boolean): Promise<'taken' | 'held' | 'lost'> {
    this.leases.delete(slot.deliveryId);
    const { taken, held } = await this.take([slot], claim);
    return taken.length > 0 ? 'taken' : held.length > 0 ? 'held' : 'lost';
  }

  /** Gives a place back, and lets the next deliveries in. */
  release(slot: Slot, outcome: SlotOutcome): Promise<void> {
    this.leases.delete(slot.deliveryId);
    return this.releases.add({ ...slot, outcome });
  }

  private async finish(releases: Release[]): Promise<void[]> {
    const groups = [...byDestination(releases)];
    const targets = await this.destinations.getMany(groups.map(([id]) => id));
    const policyOf = (id: string) => targets.get(id)?.admission ?? CLOSED;
    const results = await this.admission.finish(
      groups.map(([destinationId, group]) => ({
        destinationId,
        policy: policyOf(destinationId),
        ids: group.map(({ deliveryId }) => deliveryId),
        outcomes: group.map(({ outcome }) => outcome),
      })),
    );
    for (const [index, [destinationId]] of groups.entries()) {
      const { transition, ...opening } = results[index] ?? { transition: null, room: 0, laterMs: 0 };
      this.refills.refill(destinationId, opening);
      if (transition) this.tell(destinationId, transition);
      if (transition === 'opened' || transition === 'reopened')
        await this.wakeups.resume(destinationId, policyOf(destinationId).resetMs);
    }
    return releases.map(() => undefined);
  }

  private tell(destinationId: string, transition: NonNullable<CircuitTransition>): void {
    this.metrics.circuitTransitions.inc({ transition });
    if (transition !== 'reopened') this.operational.tellOfCircuit(destinationId, `circuit.${transition}`);
    this.log.warn({ destination_id: destinationId }, `circuit ${transition}`);
  }

  private async beat(): Promise<void> {
    const leases = [...this.leases.values()];
    if (leases.length === 0) return;
    const confirmedAt = performance.now();
    try {
      await this.admission.beat(
        [...byDestination(leases)].map(([destinationId, group]) => ({
          destinationId,
          policy: CLOSED,
          ids: group.map(({ deliveryId }) => deliveryId),
        })),
      );
      for (const lease of leases) lease.confirmedAt = Math.max(lease.confirmedAt, confirmedAt);
    } catch (err) {
      this.log.warn({ err, sending: leases.length }, 'places of deliveries could not be renewed');
    }
  }
}
