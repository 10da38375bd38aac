const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/**
 * How long to wait before a process is started again, doubling from 0.5 s to 30 s.
 *
 * @param failures how often in a row it has ended, from 1
 * @returns milliseconds
 */
export function restartDelayMs(failures: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
}
