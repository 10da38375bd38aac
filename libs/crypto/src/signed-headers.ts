import { type IncomingHttpHeaders } from 'node:http';

/** A header's text, the values of a repeated one joined; undefined when it was not sent. @param name lower-case */
export function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
}

/**
 * Why a time of signing cannot be accepted; undefined if it can.
 *
 * @param timestamp Unix time in seconds, as sent
 * @param toleranceSeconds how far it may lie from ours, either way
 */
export function timestampProblem(
  timestamp: string,
  toleranceSeconds: number,
  nowSeconds = Math.floor(Date.now() / 1000),
): string | undefined {
  if (!/^\d{1,15}$/.test(timestamp)) return 'the time of signing is not a Unix time in seconds';
  const ageSeconds = nowSeconds - Number(timestamp);
  if (ageSeconds > toleranceSeconds) return `the webhook was signed more than ${toleranceSeconds} s ago`;
  if (ageSeconds < -toleranceSeconds) return `the webhook is dated more than ${toleranceSeconds} s ahead`;
  return undefined;
}
