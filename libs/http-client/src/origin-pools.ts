import { Pool } from 'undici';

/** Long enough to keep the pool of a destination that is called once in a while, short enough to forget those that are not. */
const FORGET_AFTER_MS = 60_000;

/**
 * One undici pool per origin. Not undici's Agent, which does the same with one more layer per request and, in 8.12, keeps the pool of
 * an origin for ever after a burst of refused connections (its `kNeedDrain` stays set).
 */
export class OriginPools {
  private readonly entries = new Map<string, { pool: Pool; usedAt: number }>();
  private readonly sweep = setInterval(() => this.forgetUnused(performance.now()), FORGET_AFTER_MS).unref();

  constructor(private readonly options: Pool.Options) {}

  /** How many origins have a pool. */
  get size(): number {
    return this.entries.size;
  }

  /** The pool of this origin; a new one if there is none. */
  get(origin: string): Pool {
    let entry = this.entries.get(origin);
    if (!entry) {
      entry = { pool: new Pool(origin, this.options), usedAt: 0 };
      this.entries.set(origin, entry);
    }
    entry.usedAt = performance.now();
    return entry.pool;
  }

  /** Forgets origins that were last called a minute or more before `nowMs` (`performance.now()`) and have nothing under way. */
  forgetUnused(nowMs: number): void {
    for (const [origin, { pool, usedAt }] of this.entries) {
      if (nowMs - usedAt < FORGET_AFTER_MS || pool.stats.size > 0) continue;
      this.entries.delete(origin);
      void pool.close();
    }
  }

  /** Closes every connection at once. */
  async destroy(): Promise<void> {
    clearInterval(this.sweep);
    await Promise.all(Array.from(this.entries.values(), ({ pool }) => pool.destroy()));
    this.entries.clear();
  }
}
