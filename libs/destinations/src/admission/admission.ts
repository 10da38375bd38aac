import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { admissionKeys, sharedRateKey } from './admission-keys.js';
import { type AdmissionPolicy } from './admission-policy.js';
import { ADMISSION_SCRIPTS } from './admission-scripts.js';

/** How long an admitted delivery may wait in the queue before its place is given up. */
const QUEUED_LEASE_MS = 600_000;
/** How long a send is believed to run after its last sign of life. */
export const SEND_LEASE_MS = 20_000;
/** Destinations that one call decides for: a script blocks Redis while it runs. */
const MAX_GROUPS = 100;
/** Ids that one call takes for one destination: Lua unpacks them onto a stack of 8,000. */
export const MAX_ADMISSION_IDS = 1000;

/** Some deliveries of one destination. */
export interface AdmissionGroup {
  destinationId: string;
  policy: AdmissionPolicy;
  ids: string[];
}

/** What became of a claim of rows by a refill. */
export interface Refilled extends AdmissionGroup {
  /** No row waits. */
  exhausted: boolean;
  /** Rows wait, but their order does not let any of them go yet. */
  blocked: boolean;
}

/** `go` after a wait for the rate; `skip`: another run sends it; `hold`: it must wait in PostgreSQL again. */
export type StartVerdict = { kind: 'go'; waitMs: number } | { kind: 'skip' } | { kind: 'hold' };

/** What a finished delivery says of its destination: `none` says nothing. */
export type SlotOutcome = 'ok' | 'failed' | 'none';

/** Deliveries that ended, with an outcome for each id. */
export interface FinishedGroup extends AdmissionGroup {
  outcomes: SlotOutcome[];
}

/** Where a delivery is, as far as Redis knows. */
export type SlotState = 'none' | 'queued' | 'sending';

/** What may be done for rows that wait. */
export interface Opening {
  /** So many may be admitted; the caller alone does so. */
  room: number;
  /** The caller alone comes again so many milliseconds later, when it is their turn at a shared rate; 0 if nobody need. */
  laterMs: number;
}

export type CircuitTransition = 'opened' | 'closed' | 'reopened' | null;

const LETTERS = { ok: 'o', failed: 'f', none: 'n' };
const SLOT_STATES: SlotState[] = ['none', 'queued', 'sending'];
const TRANSITIONS: CircuitTransition[] = [null, 'opened', 'closed', 'reopened'];
const SKIP = -1;
const HOLD = -2;

type Command = (keyCount: number, ...args: (string | number)[]) => Promise<unknown[]>;

/**
 * Who may go now: per destination a window of deliveries with leases, a circuit breaker and a rate, decided by scripts in
 * Redis for many destinations in one call. What is true, and in which order, PostgreSQL decides (docs/admission.md).
 */
@Injectable()
export class Admission {
  private readonly commands: Record<keyof typeof ADMISSION_SCRIPTS, Command>;

  constructor(@Inject(Redis) private readonly redis: Redis) {
    const commands = Object.entries(ADMISSION_SCRIPTS).map(([name, lua]) => {
      const command = `admission${name}`;
      redis.defineCommand(command, { lua });
      return [name, (redis as unknown as Record<string, Command>)[command]?.bind(redis)];
    });
    this.commands = Object.fromEntries(commands) as Record<keyof typeof ADMISSION_SCRIPTS, Command>;
  }

  /** Places for new deliveries that need not wait. @returns for each group how many of its first ids got one */
  async reserve(groups: AdmissionGroup[]): Promise<number[]> {
    return this.run<number>('reserve', groups, ({ ids }) => [QUEUED_LEASE_MS, ...ids]);
  }

  /**
   * Says that rows wait; call after their commit.
   *
   * @returns for each group what may be done; a negative room is the time in milliseconds until an open circuit may be tested
   */
  async wake(groups: Omit<AdmissionGroup, 'ids'>[]): Promise<Opening[]> {
    const results = await this.run<[number, number], Omit<AdmissionGroup, 'ids'>>('wake', groups, () => []);
    return results.map(([room, laterMs]) => ({ room, laterMs }));
  }

  /** Ends one round of a refill. @returns for each group how many of its first ids got a place, and what may be done further */
  async refilled(groups: Refilled[]): Promise<({ accepted: number } & Opening)[]> {
    const results = await this.run<[number, number, number], Refilled>(
      'refilled',
      groups,
      ({ exhausted, blocked, ids }) => [QUEUED_LEASE_MS, Number(exhausted), Number(blocked), ...ids],
    );
    return results.map(([accepted, room, laterMs]) => ({ accepted, room, laterMs }));
  }

  /**
   * Takes the places of deliveries that are about to be sent.
   *
   * @param claim also for those that have none, if there is room: for retries
   * @returns for each group a verdict on each id
   */
  async start(groups: AdmissionGroup[], claim: boolean): Promise<StartVerdict[][]> {
    const results = await this.run<number[]>('start', groups, ({ policy, ids }) => [
      SEND_LEASE_MS,
      Number(claim && !policy.fifo),
      policy.intervalMicros,
      policy.burst,
      ...ids,
    ]);
    return results.map((verdicts) => verdicts.map(toVerdict));
  }

  /** Gives places back and tells the circuit breaker. @returns for each group what the circuit did and what may be done */
  async finish(groups: FinishedGroup[]): Promise<({ transition: CircuitTransition } & Opening)[]> {
    const results = await this.run<[number, number, number], FinishedGroup>(
      'finish',
      groups,
      ({ policy, ids, outcomes }) => [policy.resetMs, outcomes.map((outcome) => LETTERS[outcome]).join(''), ...ids],
    );
    return results.map(([transition, room, laterMs]) => ({
      transition: TRANSITIONS[transition] ?? null,
      room,
      laterMs,
    }));
  }

  /** Renews the leases of what is being sent. */
  async beat(groups: AdmissionGroup[]): Promise<void> {
    await this.run('beat', groups, ({ ids }) => [SEND_LEASE_MS, ...ids]);
  }

  /** Where deliveries are, for each group and id. */
  async audit(groups: AdmissionGroup[]): Promise<SlotState[][]> {
    const results = await this.run<number[]>('audit', groups, ({ ids }) => ids);
    return results.map((states) => states.map((state) => SLOT_STATES[state] ?? 'none'));
  }

  /** Gives up places that no run owns. @returns for each group and id whether nobody is sending it */
  async drop(groups: AdmissionGroup[]): Promise<boolean[][]> {
    const results = await this.run<number[]>('drop', groups, ({ ids }) => ids);
    return results.map((states) => states.map((state) => state === 1));
  }

  /** Deliveries that got a place longer ago and have not been started, for each group some of the oldest. */
  async lingering(groups: Omit<AdmissionGroup, 'ids'>[], ageMs: number): Promise<string[][]> {
    return this.run<string[], Omit<AdmissionGroup, 'ids'>>('lingering', groups, () => [
      QUEUED_LEASE_MS,
      ageMs,
      MAX_ADMISSION_IDS,
    ]);
  }

  /** Forgets a destination that is gone. */
  async forget(destinationId: string): Promise<void> {
    await this.redis.del(Object.values(admissionKeys(destinationId)));
  }

  private async run<Result, Group extends Omit<AdmissionGroup, 'ids'> = AdmissionGroup>(
    script: keyof typeof ADMISSION_SCRIPTS,
    groups: Group[],
    argumentsOf: (group: Group) => (string | number)[],
  ): Promise<Result[]> {
    const calls: Promise<unknown[]>[] = [];
    for (let start = 0; start < groups.length; start += MAX_GROUPS) {
      const part = groups.slice(start, start + MAX_GROUPS);
      const keys = part.flatMap(({ destinationId, policy }) => [
        ...Object.values(admissionKeys(destinationId)),
        sharedRateKey(policy.shared ?? { id: destinationId, intervalMicros: 0 }),
      ]);
      const args = part.flatMap((group) => {
        const { limit, threshold, shared } = group.policy;
        const own = [limit, threshold, ...argumentsOf(group)];
        return [shared?.intervalMicros ?? 0, shared?.burst ?? 1, own.length, ...own];
      });
      calls.push(this.commands[script](keys.length, ...keys, ...args));
    }
    return (await Promise.all(calls)).flat() as Result[];
  }
}

function toVerdict(number: number): StartVerdict {
  if (number === SKIP) return { kind: 'skip' };
  return number === HOLD ? { kind: 'hold' } : { kind: 'go', waitMs: number };
}

/** Items by destination, in order of first appearance. */
export function byDestination<Item extends { destinationId: string }>(items: Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(item.destinationId);
    if (group) group.push(item);
    else groups.set(item.destinationId, [item]);
  }
  return groups;
}
