const LONGEST_MS = 24 * 60 * 60 * 1000;

/**
 * A `Retry-After` header (RFC 9110 §10.2.3) as a delay.
 *
 * @param header seconds or an HTTP date
 * @returns milliseconds between 0 and 24 hours; undefined when absent or unreadable
 */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | undefined {
  if (!header) return undefined;
  const delay = /^\d+(\.\d+)?$/.test(header.trim()) ? Math.ceil(Number(header)) * 1000 : Date.parse(header) - now;
  return Number.isNaN(delay) ? undefined : Math.min(LONGEST_MS, Math.max(0, delay));
}
