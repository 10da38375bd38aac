import { describe, expect, it } from '@jest/globals';
import { type OutgoingDelivery, type Provider, type ProviderOutcome } from './provider.js';
import { ProviderPool } from './provider-pool.js';

const DELIVERY = {} as OutgoingDelivery;
const OUTCOME = { kind: 'delivered' } as ProviderOutcome;

/** Makes providers whose sends end when they are told to. */
function workshop() {
  const made: { ends: (() => void)[]; closed: number }[] = [];
  const make = (): Provider => {
    const entry = { ends: [] as (() => void)[], closed: 0 };
    made.push(entry);
    return {
      send: () => new Promise((resolve) => entry.ends.push(() => resolve(OUTCOME))),
      close: () => {
        entry.closed += 1;
        return Promise.resolve();
      },
    };
  };
  return { made, make };
}

describe('ProviderPool', () => {
  it('makes a provider with its first delivery and keeps it for the same version', async () => {
    const { made, make } = workshop();
    const pool = new ProviderPool();
    expect(pool.get('d', '1', make)).toBe(pool.get('d', '1', make));
    expect(made).toHaveLength(0);
    const sends = [pool.get('d', '1', make).send(DELIVERY), pool.get('d', '1', make).send(DELIVERY)];
    made[0]?.ends.forEach((end) => end());
    expect(await Promise.all(sends)).toEqual([OUTCOME, OUTCOME]);
    expect(made).toEqual([{ ends: expect.anything(), closed: 0 }]);
    await pool.close();
  });

  it.each([
    ['replaced', (pool: ProviderPool, make: () => Provider) => pool.get('d', '2', make)],
    ['dropped', (pool: ProviderPool) => pool.drop('d')],
  ])('closes one that is %s only after its last delivery', async (_, end) => {
    const { made, make } = workshop();
    const pool = new ProviderPool();
    const sends = [pool.get('d', '1', make).send(DELIVERY), pool.get('d', '1', make).send(DELIVERY)];
    end(pool, make);
    made[0]?.ends[0]?.();
    await sends[0];
    expect(made[0]?.closed).toBe(0);
    made[0]?.ends[1]?.();
    await sends[1];
    expect(made[0]?.closed).toBe(1);
    expect(pool.size).toBe(0);
    await pool.close();
  });

  it('lets an old target send once more, and closes behind it', async () => {
    const { made, make } = workshop();
    const pool = new ProviderPool();
    const old = pool.get('d', '1', make);
    pool.get('d', '2', make);
    const sent = old.send(DELIVERY);
    made[0]?.ends[0]?.();
    expect(await sent).toBe(OUTCOME);
    expect(made[0]?.closed).toBe(1);
    await pool.close();
  });

  it('has one that was forgotten while it was idle retired by the next version all the same', async () => {
    const { made, make } = workshop();
    const pool = new ProviderPool();
    const provider = pool.get('d', '1', make);
    pool.closeIdle(performance.now());
    const sent = provider.send(DELIVERY);
    made[0]?.ends[0]?.();
    await sent;
    pool.get('d', '2', make);
    expect(made[0]?.closed).toBe(1);
    await pool.close();
  });

  it('closes what has been idle for five minutes, and opens it again', async () => {
    const { made, make } = workshop();
    const pool = new ProviderPool();
    const provider = pool.get('d', '1', make);
    const sent = provider.send(DELIVERY);
    pool.closeIdle(performance.now() + 600_000);
    expect(made[0]?.closed).toBe(0);
    made[0]?.ends[0]?.();
    await sent;
    pool.closeIdle(performance.now() + 299_000);
    expect(made[0]?.closed).toBe(0);
    pool.closeIdle(performance.now() + 301_000);
    expect(made[0]?.closed).toBe(1);
    void provider.send(DELIVERY);
    expect(made).toHaveLength(2);
    made[1]?.ends[0]?.();
    await pool.close();
    expect(made[1]?.closed).toBe(1);
  });
});
