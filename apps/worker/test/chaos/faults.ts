import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type OwnServices } from '#libs/testing';
import { type Fleet } from './fleet.js';
import { type Fault } from './plan.js';

/** A server that is down just then is waited for, so that no kind of fault is missing from a run. */
const HIT_WITHIN_MS = 5_000;
const HIT_AGAIN_MS = 100;

/** A fault as it happened. */
export interface Injected extends Fault {
  /** Monotonic milliseconds. */
  at: number;
  /** False when there was nothing to do it to: a server that stayed down. */
  hit: boolean;
}

/** Makes things go wrong as planned. */
export class Faults {
  readonly injected: Injected[] = [];
  private readonly thaws: Promise<void>[] = [];

  constructor(
    private readonly services: OwnServices,
    private readonly fleet: Fleet,
    private readonly tell: (line: string) => void,
  ) {}

  /** Carries a plan out. Settles when the last fault is over: what was frozen goes on. */
  async run(plan: Fault[]): Promise<void> {
    const startedAt = performance.now();
    for (const fault of plan) {
      await setTimeout(Math.max(0, fault.atMs - (performance.now() - startedAt)));
      const hit = await this.hit(fault);
      this.injected.push({ ...fault, at: performance.now(), hit });
      this.tell(`${(fault.atMs / 1000).toFixed(1)} s  ${describe(fault)}${hit ? '' : ' (nothing there)'}`);
    }
    await Promise.all(this.thaws);
  }

  private async hit(fault: Fault): Promise<boolean> {
    const deadline = performance.now() + HIT_WITHIN_MS;
    for (;;) {
      if (await this.inject(fault)) return true;
      if (performance.now() > deadline) return false;
      await setTimeout(HIT_AGAIN_MS);
    }
  }

  private async inject({ kind, index, forMs }: Fault): Promise<boolean> {
    switch (kind) {
      case 'kill worker':
        return this.fleet.signal('worker', index, 'SIGKILL');
      case 'kill api':
        return this.fleet.signal('api', index, 'SIGKILL');
      case 'restart redis':
        return this.services.signal('Redis', 'SIGTERM');
      case 'kill redis':
        return this.services.signal('Redis', 'SIGKILL');
      case 'flush redis':
        return this.flush();
      // "Fast" and "immediate" shutdown; after the latter PostgreSQL recovers from its log.
      case 'stop postgres':
        return this.services.signal('PostgreSQL', 'SIGINT');
      case 'crash postgres':
        return this.services.signal('PostgreSQL', 'SIGQUIT');
      case 'freeze worker':
        return this.freeze('worker', index, forMs);
      case 'freeze api':
        return this.freeze('api', index, forMs);
    }
  }

  private async flush(): Promise<boolean> {
    const redis = new Redis(this.services.redisUrl, {
      lazyConnect: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      await redis.flushall();
      return true;
    } catch {
      return false;
    } finally {
      redis.disconnect();
    }
  }

  private freeze(app: 'api' | 'worker', index: number, forMs: number): boolean {
    const thaw = this.fleet.freeze(app, index);
    if (!thaw) return false;
    this.thaws.push(setTimeout(forMs).then(thaw));
    return true;
  }
}

function describe({ kind, index, forMs }: Fault): string {
  const which = /worker|api/.test(kind) ? ` ${index}` : '';
  return `${kind}${which}${forMs ? ` for ${(forMs / 1000).toFixed(0)} s` : ''}`;
}
