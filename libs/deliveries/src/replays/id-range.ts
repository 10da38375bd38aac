const TIME_HEX_DIGITS = 12;
const REST_HEX_DIGITS = 20;

/** Ids start with 48 bits of milliseconds, so a span of time is a range of ids. */
export interface IdRange {
  firstId: string;
  lastId: string;
}

/**
 * The ids made within a span of time.
 *
 * @param fromMs Unix time in milliseconds, included; what is before 1970 counts as 1970
 * @param toMs included
 */
export function idRange(fromMs: number, toMs: number): IdRange {
  return { firstId: prefix(fromMs) + '0'.repeat(REST_HEX_DIGITS), lastId: prefix(toMs) + 'f'.repeat(REST_HEX_DIGITS) };
}

function prefix(ms: number): string {
  return Math.max(0, ms).toString(16).padStart(TIME_HEX_DIGITS, '0');
}
