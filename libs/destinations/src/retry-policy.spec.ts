import { describe, expect, it } from '@jest/globals';
import { type BackoffType, DEFAULT_RETRY_INTERVALS, retryDelayMs } from './retry-policy.js';

const delays = (backoffType: BackoffType, intervals: number[], maxAttempts: number) =>
  Array.from({ length: maxAttempts + 1 }, (_, index) =>
    retryDelayMs({ enabled: true, maxAttempts, backoffType, intervals }, index + 1),
  );

describe('retryDelayMs', () => {
  it('tries six times by default', () => {
    expect(delays('exponential', DEFAULT_RETRY_INTERVALS, 5)).toEqual([
      30_000,
      300_000,
      1_800_000,
      7_200_000,
      86_400_000,
      undefined,
    ]);
  });

  it('looks exponential delays up and reuses the last one', () => {
    expect(delays('exponential', [1, 2], 4)).toEqual([1000, 2000, 2000, 2000, undefined]);
  });

  it('multiplies the first interval when linear', () => {
    expect(delays('linear', [0.25, 9], 3)).toEqual([250, 500, 750, undefined]);
  });

  it('repeats the first interval when fixed', () => {
    expect(delays('fixed', [5, 9], 2)).toEqual([5000, 5000, undefined]);
  });

  it('never retries when retries are off', () => {
    const policy = { enabled: false, maxAttempts: 5, backoffType: 'fixed' as const, intervals: [1] };
    expect(retryDelayMs(policy, 1)).toBeUndefined();
  });
});
