import { type OutgoingDelivery, type Provider, type ProviderOutcome } from './provider.js';

/** A client that was not used for this long costs more than a new connection. */
const IDLE_MS = 5 * 60_000;
const SWEEP_MS = 60_000;

/** Makes the provider of one destination. */
type Make = () => Provider;

/**
 * The providers that have clients or connections open, at most one per destination and version of its settings.
 *
 * What the pool hands out opens its provider with the first delivery and counts the deliveries under way. It closes the provider
 * when none is under way and it has been replaced, its destination is gone, it has been idle for five minutes, or the process
 * ends. An old target may go on sending: it opens its provider again and closes it behind itself.
 */
export class ProviderPool {
  private readonly current = new Map<string, PooledProvider>();
  private readonly open = new Set<PooledProvider>();
  private ended = false;
  private readonly sweep = setInterval(() => this.closeIdle(performance.now()), SWEEP_MS).unref();

  /** How many providers are open. */
  get size(): number {
    return this.open.size;
  }

  /**
   * @param version of the settings; with another one the provider that was handed out before is retired
   * @param make called when the first delivery is sent, and again after an idle time
   */
  get(destinationId: string, version: string, make: Make): Provider {
    const known = this.current.get(destinationId);
    if (known?.version === version) return known;
    void known?.retire();
    const provider = new PooledProvider(version, make, {
      opened: () => this.opened(destinationId, provider),
      closed: () => this.open.delete(provider),
    });
    this.current.set(destinationId, provider);
    return provider;
  }

  /** Closes the provider of a destination that is gone. */
  drop(destinationId: string): void {
    void this.current.get(destinationId)?.retire();
    this.current.delete(destinationId);
  }

  /** Closes providers that were last used five minutes or more before `nowMs` (`performance.now()`). */
  closeIdle(nowMs: number): void {
    for (const provider of this.open) provider.closeIfIdle(nowMs - IDLE_MS);
    for (const [id, provider] of this.current) if (!this.open.has(provider)) this.current.delete(id);
  }

  /** Closes each provider when its deliveries under way have ended. */
  async close(): Promise<void> {
    this.ended = true;
    clearInterval(this.sweep);
    this.current.clear();
    await Promise.all(Array.from(this.open, (provider) => provider.retire()));
  }

  /** One that was idle may have been forgotten, or even replaced, in the meantime. */
  private opened(destinationId: string, provider: PooledProvider): void {
    this.open.add(provider);
    const known = this.current.get(destinationId);
    if (this.ended || (known && known !== provider)) void provider.retire();
    else this.current.set(destinationId, provider);
  }
}

/** What the pool is told of a provider. */
interface Listener {
  opened(): void;
  closed(): void;
}

class PooledProvider implements Provider {
  private provider: Provider | undefined;
  private underWay = 0;
  private usedAt = 0;
  private retired = false;
  private onClosed: (() => void)[] = [];

  constructor(
    readonly version: string,
    private readonly make: Make,
    private readonly listener: Listener,
  ) {}

  async send(delivery: OutgoingDelivery): Promise<ProviderOutcome> {
    const provider = this.provider ?? this.make();
    this.underWay += 1;
    if (!this.provider) {
      this.provider = provider;
      this.listener.opened();
    }
    try {
      return await provider.send(delivery);
    } finally {
      this.underWay -= 1;
      this.usedAt = performance.now();
      if (this.retired && this.underWay === 0) void this.close();
    }
  }

  /** Closes now or after the last delivery under way. @returns when it is closed */
  retire(): Promise<void> {
    this.retired = true;
    if (this.underWay === 0) return this.close();
    return new Promise((resolve) => this.onClosed.push(resolve));
  }

  closeIfIdle(usedBefore: number): void {
    if (this.underWay === 0 && this.usedAt < usedBefore) void this.close();
  }

  async close(): Promise<void> {
    const { provider } = this;
    this.provider = undefined;
    this.listener.closed();
    await provider?.close();
    for (const resolve of this.onClosed.splice(0)) resolve();
  }
}
