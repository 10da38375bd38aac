import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type TestDatabase } from '#libs/testing';
import { TARGETS } from './applications.js';
import { DESTINATIONS } from './destinations.js';
import { hasten } from './hasten.js';
import { type Inbox } from './receivers.js';
import { type Topology } from './setup.js';
import { DELIVERIES, hex, INCOMPLETE, LIVE, STUCK, WRONG_ATTEMPTS } from './verdict-queries.js';

const POLL_MS = 1000;
/** Rows and ids shown of a problem. */
const EXAMPLES = 3;

/** What a run left behind, read when nothing moves any more. */
export interface Verdict {
  /** Sentences; none when all is well. */
  problems: string[];
  /** From the end of the faults until nothing was left to do; null when that did not happen in time. */
  recoverySeconds: number | null;
  deliveries: Record<string, number>;
  deadByCause: Record<string, number>;
  attempts: number;
  /** Deliveries whose job was lost at least once. */
  recovered: number;
  order: OrderViolation[];
}

/** An event that an ordered destination accepted after one that came later. */
export interface OrderViolation {
  eventId: string;
  /** Monotonic milliseconds. */
  at: number;
}

interface DeliveryRow {
  id: string;
  event_id: string;
  connection_id: string;
  destination_id: string;
  state: string;
  cause: string | null;
  attempts: number;
  recoveries: number;
  seq: number;
}

/** Judges a run by PostgreSQL and by what the receivers got. */
export class Judge {
  private readonly problems: string[] = [];
  private readonly numbers: Map<string, number>;

  /** @param accepted source of every event that was answered 200 */
  constructor(
    private readonly database: TestDatabase,
    private readonly topology: Topology,
    private readonly accepted: ReadonlyMap<string, number>,
    private readonly inboxes: Inbox[],
    private readonly redisUrl: string,
  ) {
    this.numbers = new Map([...topology.destinationIds, ...topology.endpointIds].map((id, number) => [id, number]));
  }

  /** @param judgeMessages looks at them when nothing moves any more */
  async judge(withinMs: number, judgeMessages: () => Promise<void>): Promise<Verdict> {
    const recoverySeconds = await this.untilIdle(withinMs);
    const deliveries = await this.database.query<DeliveryRow>(DELIVERIES);
    if (recoverySeconds === null) await this.showStuck(withinMs);
    await this.checkEvents();
    this.checkDeliveries(deliveries);
    await judgeMessages();
    const attempts = await this.checkAttempts();
    return {
      problems: this.problems,
      recoverySeconds,
      deliveries: count(deliveries.map(({ state }) => state)),
      deadByCause: count(deliveries.filter(({ state }) => state === 'dead').map(({ cause }) => cause ?? 'none')),
      attempts,
      recovered: deliveries.filter(({ recoveries }) => recoveries > 0).length,
      order: this.orderViolations(deliveries),
    };
  }

  private async untilIdle(withinMs: number): Promise<number | null> {
    const startedAt = performance.now();
    for (;;) {
      const passedMs = performance.now() - startedAt;
      // PostgreSQL may be coming back from its last restart.
      const live = await this.database.query<{ live: number }>(LIVE).catch(() => [{ live: 1 }]);
      if (live[0]?.live === 0) return passedMs / 1000;
      if (passedMs > withinMs) return null;
      await hasten(this.database, this.redisUrl, this.topology.endpointIds);
      await setTimeout(POLL_MS);
    }
  }

  private async showStuck(withinMs: number): Promise<void> {
    const rows = await this.database.query<{ destination_id: string }>(STUCK);
    const events = await this.database.query('select * from unrouted_events order by received_at limit 5');
    const windows = await this.windows(rows.slice(0, EXAMPLES).map((row) => row.destination_id));
    this.problems.push(
      `${withinMs / 1000} s after the faults there was something left: ${JSON.stringify([...rows, ...events, windows])}`,
    );
  }

  /** What Redis says of destinations: their windows with leases, refills, circuits. */
  private async windows(destinationIds: string[]): Promise<unknown> {
    const redis = new Redis(this.redisUrl);
    try {
      const [now] = await redis.time();
      const windows = destinationIds.map(async (id) => {
        const window = await redis.zrange(`{d:${id}}:w`, '0', '9', 'WITHSCORES');
        const [refill, circuit] = await Promise.all([redis.hgetall(`{d:${id}}:s`), redis.hgetall(`{d:${id}}:c`)]);
        return { id, members: await redis.zcard(`{d:${id}}:w`), window, refill, circuit };
      });
      return { now, windows: await Promise.all(windows) };
    } finally {
      redis.disconnect();
    }
  }

  /** Every event answered 200 is stored, and every stored one has a delivery for each of its connections. */
  private async checkEvents(): Promise<void> {
    const stored = await this.database.query<{ id: string }>(`select ${hex('id')} from events`);
    const ids = new Set(stored.map(({ id }) => id));
    const lost = [...this.accepted.keys()].filter((id) => !ids.has(id));
    this.expectNone(lost, 'events answered 200 are not stored');
    const incomplete = await this.database.query<{ id: string; found: number; wanted: number }>(INCOMPLETE);
    this.expectNone(incomplete, 'events lack deliveries');
  }

  private checkDeliveries(deliveries: DeliveryRow[]): void {
    const inboxOf = (row: DeliveryRow) => this.inboxes[this.numbers.get(row.destination_id) ?? -1];
    const targetOf = (row: DeliveryRow) => TARGETS[this.numbers.get(row.destination_id) ?? -1];
    const ended = deliveries.filter(({ state }) => state === 'delivered');
    const missing = ended.filter((row) => !inboxOf(row)?.accepted.has(row.event_id));
    this.expectNone(missing, 'deliveries count as delivered, but their receivers never accepted them');
    const isExplained = (row: DeliveryRow) =>
      (row.state === 'dead' && row.cause) || (row.state === 'cancelled' && targetOf(row)?.isDisabled);
    const other = deliveries.filter((row) => row.state !== 'delivered' && !isExplained(row));
    this.expectNone(other, 'deliveries are neither delivered nor dead letters with a cause');
    const tooOften = deliveries.filter((row) => row.attempts > 1 + (targetOf(row)?.retries ?? 0));
    this.expectNone(tooOften, 'deliveries were tried more often than their policy says');
  }

  /** Numbered from 1 without gaps, as many as the delivery says. @returns attempts in all */
  private async checkAttempts(): Promise<number> {
    const wrong = await this.database.query(WRONG_ATTEMPTS);
    this.expectNone(wrong, 'deliveries have other attempts than they say');
    const [row] = await this.database.query<{ count: number }>('select count(*)::int as count from delivery_attempts');
    return row?.count ?? 0;
  }

  private orderViolations(deliveries: DeliveryRow[]): OrderViolation[] {
    const ordered = DESTINATIONS.findIndex(({ behaviour }) => behaviour === 'ordered');
    const id = this.topology.destinationIds[ordered];
    const seqOf = new Map(deliveries.filter((row) => row.destination_id === id).map((row) => [row.event_id, row.seq]));
    let highest = -Infinity;
    const violations: OrderViolation[] = [];
    for (const [eventId, at] of this.inboxes[ordered]?.accepted ?? []) {
      const seq = seqOf.get(eventId) ?? Infinity;
      if (seq < highest) violations.push({ eventId, at });
      highest = Math.max(highest, seq);
    }
    return violations;
  }

  /** Notes a problem of which there should be none. */
  readonly expectNone = (found: unknown[], what: string): void => {
    if (found.length === 0) return;
    this.problems.push(`${found.length} ${what}: ${JSON.stringify(found.slice(0, EXAMPLES))}`);
  };
}

function count(items: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}
