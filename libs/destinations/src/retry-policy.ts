export const BACKOFF_TYPES = ['exponential', 'linear', 'fixed'] as const;
export type BackoffType = (typeof BACKOFF_TYPES)[number];

/** Seconds (contract, decision 6). */
export const DEFAULT_RETRY_INTERVALS = [30, 300, 1800, 7200, 86_400];

export interface RetryPolicy {
  enabled: boolean;
  /** Retries after the first try. */
  maxAttempts: number;
  backoffType: BackoffType;
  /** Seconds. */
  intervals: number[];
}

/**
 * How long to wait after a failed attempt (contract, decision 6): `exponential` looks the delay up and reuses the last
 * one, `linear` multiplies the first by the number of the attempt, `fixed` is the first. No jitter.
 *
 * @param failedAttempts attempts made so far, at least 1
 * @returns milliseconds, or undefined when no retry is left
 */
export function retryDelayMs(policy: RetryPolicy, failedAttempts: number): number | undefined {
  if (!policy.enabled || failedAttempts > policy.maxAttempts) return undefined;
  const [first = 0] = policy.intervals;
  return Math.round(1000 * seconds());

  function seconds(): number {
    switch (policy.backoffType) {
      case 'exponential':
        return policy.intervals[Math.min(failedAttempts, policy.intervals.length) - 1] ?? first;
      case 'linear':
        return first * failedAttempts;
      case 'fixed':
        return first;
    }
  }
}
