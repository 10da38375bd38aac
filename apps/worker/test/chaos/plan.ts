import { type Random } from './random.js';

export const FAULT_KINDS = [
  'kill worker',
  'kill api',
  'restart redis',
  'kill redis',
  'flush redis',
  'stop postgres',
  'crash postgres',
  'freeze worker',
  'freeze api',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Longer than the lock of a job and the lease of a place (20 s): the process wakes up to find that others went on. */
const FREEZE_MS = { least: 22_000, most: 30_000 };
/** Before the first fault everything has been in use once; after the last one load goes on for a moment. */
const MARGIN_MS = 4_000;
/** Average time from one fault to the next: recovery from one is often not over when the next comes. */
const SPACING_MS = 6_000;

/** One thing that goes wrong. */
export interface Fault {
  /** From the start of the load. */
  atMs: number;
  kind: FaultKind;
  /** Which of the processes of its kind. */
  index: number;
  /** How long a frozen process stays so; 0 for other kinds. */
  forMs: number;
}

/**
 * What goes wrong when. Every kind comes at least once if there is time, then any; nothing but the arguments decides.
 *
 * @param kinds to choose from
 * @param processes of each app
 */
export function planFaults(random: Random, seconds: number, kinds: readonly FaultKind[], processes: number): Fault[] {
  const span = seconds * 1000 - 2 * MARGIN_MS;
  const count = Math.max(kinds.length, Math.floor(span / SPACING_MS));
  const more = Array.from({ length: count - kinds.length }, () => random.pick(kinds));
  return random
    .shuffle([...kinds, ...more])
    .map((kind) => ({ kind, atMs: MARGIN_MS + random.next() * span }))
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ kind, atMs }) => ({
      kind,
      atMs: Math.round(atMs),
      index: Math.floor(random.next() * processes),
      forMs: isFreeze(kind) ? Math.round(random.between(FREEZE_MS.least, FREEZE_MS.most)) : 0,
    }));
}

export function isFreeze(kind: FaultKind): boolean {
  return kind === 'freeze api' || kind === 'freeze worker';
}

/** After these a delivery may be sent twice at once and an ordered destination may see its deliveries out of order. */
export function mayDisorder(kind: FaultKind): boolean {
  return kind === 'flush redis' || isFreeze(kind);
}
