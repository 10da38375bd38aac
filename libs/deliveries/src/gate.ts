interface Waiter {
  weight: number;
  enter: (isOpen: boolean) => void;
}

/**
 * Bounds what runs at the same time, by number and by weight (bytes held in memory). Keys take turns, so that one with
 * much to do does not keep the others waiting; an item heavier than the whole limit runs alone.
 */
export class Gate {
  private running = 0;
  private weight = 0;
  private isClosed = false;
  /** By key, in the order of their turns: a key whose waiter has entered goes to the end. */
  private readonly waiters = new Map<string, Waiter[]>();

  constructor(
    private readonly maxRunning: number,
    private readonly maxWeight: number,
  ) {}

  /**
   * Runs the work when there is room for it.
   *
   * @param otherwise runs instead when the gate is closed before its turn comes
   */
  async run<T>(key: string, weight: number, work: () => Promise<T>, otherwise: () => Promise<T> = refuse): Promise<T> {
    if (this.isClosed) return otherwise();
    if (this.waiters.size > 0 || !this.hasRoom(weight)) {
      const isOpen = await new Promise<boolean>((enter) => this.wait(key, { weight, enter }));
      if (!isOpen) return otherwise();
    } else {
      this.take(weight);
    }
    try {
      return await work();
    } finally {
      this.running--;
      this.weight -= weight;
      this.admit();
    }
  }

  /** Lets nothing more through; what runs may end. */
  close(): void {
    this.isClosed = true;
    for (const queue of this.waiters.values()) for (const waiter of queue) waiter.enter(false);
    this.waiters.clear();
  }

  private wait(key: string, waiter: Waiter): void {
    const queue = this.waiters.get(key);
    if (queue) queue.push(waiter);
    else this.waiters.set(key, [waiter]);
  }

  private admit(): void {
    for (let next = this.next(); next && this.hasRoom(next.queue[0]!.weight); next = this.next()) {
      const { key, queue } = next;
      const waiter = queue.shift() as Waiter;
      this.waiters.delete(key);
      if (queue.length > 0) this.waiters.set(key, queue);
      this.take(waiter.weight);
      waiter.enter(true);
    }
  }

  private next(): { key: string; queue: Waiter[] } | undefined {
    for (const [key, queue] of this.waiters) return { key, queue };
    return undefined;
  }

  private hasRoom(weight: number): boolean {
    return this.running === 0 || (this.running < this.maxRunning && this.weight + weight <= this.maxWeight);
  }

  private take(weight: number): void {
    this.running++;
    this.weight += weight;
  }
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('the gate is closed'));
}
