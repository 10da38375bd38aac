import { describe, expect, it } from '@jest/globals';
import { Batcher } from './batcher.js';

/** A flush that ends when told to. */
function gatedFlush() {
  const batches: number[][] = [];
  const gates: (() => void)[] = [];
  const flush = async (items: number[]) => {
    batches.push(items);
    await new Promise<void>((resolve) => gates.push(resolve));
    return items.map((item) => item * 10);
  };
  return { batches, flush, release: () => gates.shift()?.() };
}

describe('Batcher', () => {
  it('flushes a single item at once and answers its own result', async () => {
    const batcher = new Batcher((items: number[]) => Promise.resolve(items.map((item) => item + 1)));
    await expect(batcher.add(1)).resolves.toBe(2);
  });

  it('gathers what arrives while its flushes run', async () => {
    const { batches, flush, release } = gatedFlush();
    const batcher = new Batcher(flush, { maxFlushes: 1, maxItems: 3 });
    const results = Promise.all([1, 2, 3, 4, 5].map((item) => batcher.add(item)));
    for (let i = 0; i < 3; i++) {
      release();
      await new Promise(setImmediate);
    }
    await expect(results).resolves.toEqual([10, 20, 30, 40, 50]);
    expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('splits a failed flush so that only the item at fault fails', async () => {
    const flush = (items: number[]) =>
      items.includes(13) ? Promise.reject(new Error('poison')) : Promise.resolve(items);
    const batcher = new Batcher(flush, { maxFlushes: 1, splitOn: () => true });
    const results = await Promise.allSettled([1, 2, 13, 4, 5].map((item) => batcher.add(item)));
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('fails the whole batch at once when splitting cannot help', async () => {
    let flushes = 0;
    const batcher = new Batcher(
      () => {
        flushes++;
        return Promise.reject(new Error('server gone'));
      },
      { maxFlushes: 1, splitOn: () => false },
    );
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    expect(flushes).toBe(2);
  });

  it('bounds the weight of a batch, but never refuses a heavy item', async () => {
    const { batches, flush, release } = gatedFlush();
    const batcher = new Batcher(flush, { maxFlushes: 1, maxWeight: 10, weigh: (item) => item });
    const results = Promise.all([1, 6, 5, 40, 2].map((item) => batcher.add(item)));
    for (let i = 0; i < 5; i++) {
      release();
      await new Promise(setImmediate);
    }
    await results;
    expect(batches).toEqual([[1], [6], [5], [40], [2]]);
  });

  it('tells when everything has been flushed', async () => {
    const { flush, release } = gatedFlush();
    const batcher = new Batcher(flush);
    const result = batcher.add(1);
    const drained = batcher.drained();
    release();
    await drained;
    await expect(result).resolves.toBe(10);
    await batcher.drained();
  });
});
