import { hash, randomFillSync } from 'node:crypto';

const CANONICAL = /^[0-9a-f]{32}$/;
/** A documented prefix such as `dst_`, then 32 hex digits, bare or dashed as a UUID. */
const ACCEPTED =
  /^(?:[a-z]{1,5}_)?([0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})$/;

const TIME_HEX_DIGITS = 12;
const COUNTER_MAX = 0xfff;
/** Half of the counter's range, so that a millisecond has room for at least 2,048 ids. */
const COUNTER_START_MASK = 0x7ff;
/** A clock that fell back further was wrong before (NTP steps): its time is then worth more than the order. */
const CLOCK_STEP_MS = 10_000;

const TAIL_BYTES = 8;
const COUNTER_SEED_BYTES = 2;
const RANDOM_BYTES = TAIL_BYTES + COUNTER_SEED_BYTES;
/** Randomness is drawn for many ids at once: a draw costs more than ten ids. */
const POOL_BYTES = RANDOM_BYTES * 256;

/**
 * Makes a source of UUIDv7s (RFC 9562) as 32 lower-case hex digits. Ids of one generator strictly increase, also within a
 * millisecond: the 12 bits after the time are a counter (§6.2, method 1), which `crypto.randomUUIDv7` does not offer.
 *
 * @param now Unix time in milliseconds; may stand still or step back
 */
export function idGenerator(now: () => number): () => string {
  const pool = Buffer.alloc(POOL_BYTES);
  let offset = POOL_BYTES;
  let timeMs = 0;
  let counter = 0;

  return () => {
    if (offset === POOL_BYTES) {
      randomFillSync(pool);
      offset = 0;
    }
    const nowMs = now();
    if (nowMs > timeMs || nowMs < timeMs - CLOCK_STEP_MS) {
      timeMs = nowMs;
      counter = pool.readUInt16BE(offset + TAIL_BYTES) & COUNTER_START_MASK;
    } else if (counter < COUNTER_MAX) {
      counter += 1;
    } else {
      timeMs += 1;
      counter = 0;
    }
    pool[offset] = (pool[offset]! & 0x3f) | 0x80;
    const tail = pool.toString('hex', offset, offset + TAIL_BYTES);
    offset += RANDOM_BYTES;
    return timeMs.toString(16).padStart(TIME_HEX_DIGITS, '0') + (0x7000 | counter).toString(16) + tail;
  };
}

/** A new id: UUIDv7 as 32 lower-case hex digits, greater than every id this process made before. */
export const newId: () => string = idGenerator(() => Date.now());

/**
 * The id that belongs to `name` within an event: a UUIDv8 with the event's time, the rest from a SHA-256 of both. A route job
 * that runs twice so makes the same delivery ids, and its second insert is a no-op.
 *
 * @param eventId canonical id
 * @throws TypeError when `eventId` is not 32 lower-case hex digits
 */
export function derivedId(eventId: string, name: string): string {
  if (!CANONICAL.test(eventId)) throw new TypeError('An id is derived from an event id of 32 lower-case hex digits.');
  const digest = hash('sha256', eventId + name, 'hex');
  const variant = '89ab'[parseInt(digest[3]!, 16) & 0b11]!;
  return `${eventId.slice(0, TIME_HEX_DIGITS)}8${digest.slice(0, 3)}${variant}${digest.slice(4, 19)}`;
}

/** When an id was made; of an event, when it was received. @param id canonical id */
export function idTime(id: string): Date {
  return new Date(parseInt(id.slice(0, TIME_HEX_DIGITS), 16));
}

/**
 * Reads an id as clients write it: 32 hex digits or a dashed UUID, in any case, with or without a prefix (`dst_…`, `evt_…`).
 *
 * @returns the canonical id, `undefined` when the text is not an id
 */
export function parseId(input: string): string | undefined {
  return ACCEPTED.exec(input)?.[1]?.replaceAll('-', '').toLowerCase();
}
