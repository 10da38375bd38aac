interface Waiter {
  weight: number;
  enter: () => void;
}

/**
 * Bounds what runs at the same time, by number and by weight (bytes held in memory). First come, first served; an item
 * heavier than the whole limit runs alone.
 */
export class Gate {
  private running = 0;
  private weight = 0;
  private readonly waiters: Waiter[] = [];

  constructor(
    private readonly maxRunning: number,
    private readonly maxWeight: number,
  ) {}

  /** Runs the work when there is room for it. */
  async run<T>(weight: number, work: () => Promise<T>): Promise<T> {
    if (this.waiters.length > 0 || !this.hasRoom(weight)) {
      await new Promise<void>((enter) => this.waiters.push({ weight, enter }));
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

  private admit(): void {
    for (let next = this.waiters[0]; next && this.hasRoom(next.weight); next = this.waiters[0]) {
      this.waiters.shift();
      this.take(next.weight);
      next.enter();
    }
  }

  private hasRoom(weight: number): boolean {
    return this.running === 0 || (this.running < this.maxRunning && this.weight + weight <= this.maxWeight);
  }

  private take(weight: number): void {
    this.running++;
    this.weight += weight;
  }
}
