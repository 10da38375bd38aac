import { describe, expect, it } from '@jest/globals';
import { restartDelayMs } from './backoff.js';

describe('restartDelayMs', () => {
  it('doubles from half a second to half a minute', () => {
    expect([1, 2, 3, 6, 7, 8, 2000].map(restartDelayMs)).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000, 30_000]);
  });
});
