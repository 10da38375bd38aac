import { Inject, Injectable } from '@nestjs/common';
import { Batcher, Database, int4s, int8s, uuids } from '#libs/database';
import {
  Admission,
  byDestination,
  CLOSED,
  DestinationCache,
  type Opening,
  type Target,
  Wakeups,
} from '#libs/destinations';
import { Log } from '#libs/observability';
import { ConfigVersions } from '#libs/tenancy';
import { DeliveryQueue } from './delivery-queue.js';
import { CLAIM, CLAIM_HEADS, HEADS, PUT_BACK } from './refill-statements.js';

/** Rows claimed for one destination in one round, so that destinations take turns. */
const MAX_ROUND = 100;
/** A cursor is a hint: rows may have been put back behind it. */
const CURSOR_TTL_MS = 10_000;

const NOTHING: Opening = { room: 0, laterMs: 0 };

interface Round {
  destinationId: string;
  room: number;
}

interface ClaimedRow {
  id: string;
  destination_id: string;
  seq: number;
}

interface Claim {
  ids: string[];
  blocked: boolean;
}

/**
 * Lets waiting deliveries into the windows of their destinations, in order. One refill at a time for a destination, many
 * destinations in one statement (docs/admission.md, "Refill").
 */
@Injectable()
export class RefillsService {
  private readonly wakes = new Batcher<string, Opening>((ids) => this.wakeAll(ids));
  private readonly rounds = new Batcher<Round, Opening>((rounds) => this.refillRound(rounds));
  private readonly running = new Set<Promise<void>>();
  private isStopping = false;
  /** The last row claimed of a destination: those before it are dead index entries, which a claim would wade through. */
  private readonly cursors = new Map<string, { seq: number; at: number }>();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(DestinationCache) private readonly destinations: DestinationCache,
    @Inject(DeliveryQueue) private readonly queue: DeliveryQueue,
    @Inject(Wakeups) private readonly wakeups: Wakeups,
    @Inject(ConfigVersions) private readonly versions: ConfigVersions,
    @Inject(Log) private readonly log: Log,
  ) {}

  /**
   * Says that rows of these destinations wait, and has those admitted that there is room for. Call after the commit.
   *
   * @returns for each destination how many there was room for, or the negative time in milliseconds until an open circuit
   *   may be tested
   */
  async wake(destinationIds: Iterable<string>): Promise<Map<string, number>> {
    if (this.isStopping) {
      await this.wakeups.wake(destinationIds);
      return new Map();
    }
    const rooms = new Map<string, number>();
    await Promise.all(
      [...new Set(destinationIds)].map(async (id) => {
        const opening = await this.wakes.add(id);
        rooms.set(id, opening.room);
        this.refill(id, opening);
      }),
    );
    return rooms;
  }

  /**
   * Wakes destinations as a job asks for. What is cached of them may be older than the change that is behind it.
   *
   * @returns for how many milliseconds a circuit of theirs is open yet; 0 if none is
   */
  async wakeAfterChange(destinationIds: string[]): Promise<number> {
    this.versions.expire();
    const rooms = await this.wake(destinationIds);
    return Math.max(0, ...[...rooms.values()].map((room) => -room));
  }

  /**
   * Admits waiting deliveries until there is no more room or none waits, or sees to it that somebody does when it is their
   * turn. Not waited for: with a backlog it goes on for as long as places are given back. A failure is left to the sweep.
   */
  refill(destinationId: string, opening: Opening): void {
    if (opening.room <= 0 && opening.laterMs === 0) return;
    const running = this.run(destinationId, opening).finally(() => this.running.delete(running));
    this.running.add(running);
  }

  /** Hands over to other workers. What is admitted by then has its jobs. */
  async stop(): Promise<void> {
    this.isStopping = true;
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private async run(destinationId: string, opening: Opening): Promise<void> {
    try {
      let next = opening;
      while (next.room > 0) {
        next = this.isStopping
          ? await this.handOver(destinationId)
          : await this.rounds.add({ destinationId, room: next.room });
      }
      if (next.laterMs > 0) await this.wakeups.later(destinationId, next.laterMs);
    } catch (err) {
      this.log.warn({ err, destination_id: destinationId }, 'a refill was interrupted; the sweep will go on');
    }
  }

  private async handOver(destinationId: string): Promise<Opening> {
    const targets = await this.destinations.getMany([destinationId]);
    const nothing = {
      destinationId,
      policy: policyOf(targets, destinationId),
      ids: [],
      exhausted: false,
      blocked: true,
    };
    await this.admission.refilled([{ ...nothing, policy: { ...nothing.policy, limit: 0 } }]);
    await this.wakeups.wake([destinationId]);
    return NOTHING;
  }

  private async wakeAll(ids: string[]): Promise<Opening[]> {
    const distinct = [...new Set(ids)];
    const targets = await this.destinations.getMany(distinct);
    const openings = await this.admission.wake(
      distinct.map((id) => ({ destinationId: id, policy: policyOf(targets, id) })),
    );
    const byId = new Map(distinct.map((id, index) => [id, openings[index] ?? NOTHING]));
    // Only the first of several gets the right to refill, or comes again.
    return ids.map((id) => {
      const opening = byId.get(id) ?? NOTHING;
      if (opening.room >= 0) byId.set(id, NOTHING);
      return opening;
    });
  }

  private async refillRound(rounds: Round[]): Promise<Opening[]> {
    const targets = await this.destinations.getMany(rounds.map(({ destinationId }) => destinationId));
    const isFifo = ({ destinationId }: Round) => policyOf(targets, destinationId).fifo;
    const claims = new Map([
      ...(await this.claim(rounds.filter((round) => !isFifo(round)))),
      ...(await this.claimHeads(rounds.filter(isFifo).map(({ destinationId }) => destinationId))),
    ]);
    const groups = rounds.map(({ destinationId }) => {
      const { ids, blocked } = claims.get(destinationId) ?? { ids: [], blocked: false };
      const policy = policyOf(targets, destinationId);
      return { destinationId, policy, ids, blocked, exhausted: ids.length === 0 && !blocked };
    });
    const results = await this.admission.refilled(groups);
    const admitted = groups.flatMap(({ destinationId, ids }, index) =>
      ids.slice(0, results[index]?.accepted).map((id) => ({ id, destinationId })),
    );
    await this.queue.add(admitted);
    const woken = await this.putBack(groups.flatMap(({ ids }, index) => ids.slice(results[index]?.accepted)));
    return results.map(({ room, laterMs }, index) => {
      const other = woken.get(groups[index]?.destinationId ?? '') ?? NOTHING;
      return { room: Math.max(room, other.room), laterMs: Math.max(laterMs, other.laterMs) };
    });
  }

  /** First from where the last claim ended; if nothing is there, from the start. */
  private async claim(rounds: Round[]): Promise<Map<string, Claim>> {
    const claims = new Map<string, Claim>();
    if (rounds.length === 0) return claims;
    const behind = rounds.map(({ destinationId }) => this.cursor(destinationId));
    await this.claimFrom(rounds, behind, claims);
    const again = rounds.filter(({ destinationId }, index) => behind[index] !== 0 && !claims.has(destinationId));
    if (again.length > 0)
      await this.claimFrom(
        again,
        again.map(() => 0),
        claims,
      );
    return claims;
  }

  private async claimFrom(rounds: Round[], behind: number[], claims: Map<string, Claim>): Promise<void> {
    const rows = await this.database.query<ClaimedRow>('claim_waiting', CLAIM, [
      uuids(rounds.map(({ destinationId }) => destinationId)),
      int4s(rounds.map(({ room }) => Math.min(room, MAX_ROUND))),
      int8s(behind),
    ]);
    rows.sort((a, b) => a.seq - b.seq || (a.id < b.id ? -1 : 1));
    for (const [id, group] of byDestination(rows.map((row) => ({ ...row, destinationId: row.destination_id })))) {
      claims.set(id, { ids: group.map((row) => row.id), blocked: false });
      this.cursors.set(id, { seq: group.at(-1)?.seq ?? 0, at: performance.now() });
    }
    for (const { destinationId } of rounds) if (!claims.has(destinationId)) this.cursors.delete(destinationId);
  }

  /** The next delivery of each ordered destination, unless something before it is still on its way. */
  private async claimHeads(destinationIds: string[]): Promise<Map<string, Claim>> {
    const claims = new Map<string, Claim>();
    if (destinationIds.length === 0) return claims;
    const heads = await this.database.query<{ id: string; destination_id: string; blocked: boolean }>(
      'ordered_heads',
      HEADS,
      [uuids(destinationIds)],
    );
    const free = heads.filter(({ blocked }) => !blocked).map(({ id }) => id);
    const claimed =
      free.length === 0 ? [] : await this.database.query<ClaimedRow>('claim_heads', CLAIM_HEADS, [uuids(free)]);
    const isClaimed = new Set(claimed.map(({ id }) => id));
    for (const { id, destination_id } of heads) {
      claims.set(destination_id, isClaimed.has(id) ? { ids: [id], blocked: false } : { ids: [], blocked: true });
    }
    return claims;
  }

  /** The window had less room than was claimed for: a race after Redis was emptied, or for a shared rate. @returns by destination */
  private async putBack(ids: string[]): Promise<Map<string, Opening>> {
    if (ids.length === 0) return new Map();
    const rows = await this.database.query<{ destination_id: string }>('put_back', PUT_BACK, [uuids(ids)]);
    const destinationIds = [...new Set(rows.map((row) => row.destination_id))];
    const openings = await this.wakeAll(destinationIds);
    return new Map(destinationIds.map((id, index) => [id, openings[index] ?? NOTHING]));
  }

  private cursor(destinationId: string): number {
    const cursor = this.cursors.get(destinationId);
    return cursor && performance.now() - cursor.at < CURSOR_TTL_MS ? cursor.seq : 0;
  }
}

function policyOf(targets: Map<string, Target>, destinationId: string) {
  return targets.get(destinationId)?.admission ?? CLOSED;
}
