import { describe, expect, it } from '@jest/globals';
import { Gate } from './gate.js';

function tracked(gate: Gate) {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const run = (id: number, weight: number, key = 'a') =>
    gate.run(key, weight, async () => {
      started.push(id);
      await new Promise<void>((resolve) => ends.push(resolve));
      return id;
    });
  const endNext = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { started, run, endNext };
}

describe('Gate', () => {
  it('lets so many run and the rest wait in order', async () => {
    const { started, run, endNext } = tracked(new Gate(2, 100));
    const all = Promise.all([1, 2, 3, 4].map((id) => run(id, 1)));
    expect(started).toEqual([1, 2]);
    await endNext();
    expect(started).toEqual([1, 2, 3]);
    for (let i = 0; i < 3; i++) await endNext();
    await expect(all).resolves.toEqual([1, 2, 3, 4]);
  });

  it('counts weight', async () => {
    const { started, run, endNext } = tracked(new Gate(10, 10));
    void run(1, 6);
    void run(2, 6);
    void run(3, 1);
    expect(started).toEqual([1]);
    await endNext();
    expect(started).toEqual([1, 2, 3]);
  });

  it('runs what is heavier than the limit alone', async () => {
    const { started, run, endNext } = tracked(new Gate(10, 10));
    void run(1, 1);
    void run(2, 50);
    expect(started).toEqual([1]);
    await endNext();
    expect(started).toEqual([1, 2]);
  });

  it('gives the place back after a failure', async () => {
    const gate = new Gate(1, 1);
    await expect(gate.run('a', 1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(gate.run('a', 1, () => Promise.resolve('yes'))).resolves.toBe('yes');
  });

  it('lets keys take turns', async () => {
    const { started, run, endNext } = tracked(new Gate(1, 100));
    const all = Promise.all([run(1, 1), run(2, 1), run(3, 1), run(10, 1, 'b'), run(20, 1, 'c'), run(11, 1, 'b')]);
    for (let i = 0; i < 6; i++) await endNext();
    await all;
    expect(started).toEqual([1, 2, 10, 20, 3, 11]);
  });

  it('turns away who waits when it is closed, and lets end what runs', async () => {
    const gate = new Gate(1, 100);
    const { run, endNext } = tracked(gate);
    const running = run(1, 1);
    const waiting = run(2, 1);
    gate.close();
    await expect(waiting).rejects.toThrow('closed');
    const work = () => Promise.resolve('in');
    await expect(gate.run('a', 1, work, () => Promise.resolve('out'))).resolves.toBe('out');
    await endNext();
    await expect(running).resolves.toBe(1);
  });
});
