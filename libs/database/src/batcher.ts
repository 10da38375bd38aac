export interface BatcherOptions<Item> {
  /** Items in one flush. @defaultValue 500 */
  maxItems?: number;
  /** Flushes running at the same time: two keep the database busy while the next batch forms. @defaultValue 2 */
  maxFlushes?: number;
  /**
   * Whether a failed flush may be due to one of its items. If so it is split in halves until the item stands alone, so
   * that it fails by itself and not with its neighbours. @defaultValue never
   */
  splitOn?: (error: unknown) => boolean;
  /** Sum of `weigh` over a flush, and what an item weighs (say bytes). @defaultValue unlimited */
  maxWeight?: number;
  weigh?: (item: Item) => number;
}

interface Entry<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Turns many small operations into few large ones. A flush starts as soon as a slot is free and takes what has
 * gathered: under load batches form by themselves, an idle system flushes single items at once. There is no timer.
 */
export class Batcher<Item, Result> {
  private queue: Entry<Item, Result>[] = [];
  private running = 0;
  private idle: (() => void)[] = [];

  /**
   * @param flush handles one batch; answers one result per item, in order
   */
  constructor(
    private readonly flush: (items: Item[]) => Promise<Result[]>,
    private readonly options: BatcherOptions<Item> = {},
  ) {}

  /** Items that wait for a flush. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Adds one item; settles with its own result. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.queue.push({ item, resolve, reject });
      this.pump();
    });
  }

  /** Settles when everything added so far has been flushed. */
  async drained(): Promise<void> {
    if (this.running === 0 && this.queue.length === 0) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private pump(): void {
    while (this.running < (this.options.maxFlushes ?? 2) && this.queue.length > 0) {
      this.running++;
      void this.run(this.queue.splice(0, this.nextBatchSize())).then(() => {
        this.running--;
        this.pump();
        if (this.running === 0) for (const resolve of this.idle.splice(0)) resolve();
      });
    }
  }

  private nextBatchSize(): number {
    const { maxItems = 500, maxWeight, weigh } = this.options;
    const most = Math.min(maxItems, this.queue.length);
    if (maxWeight === undefined || weigh === undefined) return most;
    let weight = 0;
    for (let size = 0; size < most; size++) {
      weight += weigh((this.queue[size] as Entry<Item, Result>).item);
      if (weight > maxWeight) return Math.max(1, size);
    }
    return most;
  }

  private async run(entries: Entry<Item, Result>[]): Promise<void> {
    try {
      const results = await this.flush(entries.map((entry) => entry.item));
      entries.forEach((entry, index) => entry.resolve(results[index] as Result));
    } catch (error) {
      if (entries.length > 1 && this.options.splitOn?.(error)) {
        const middle = entries.length >> 1;
        await this.run(entries.slice(0, middle));
        await this.run(entries.slice(middle));
      } else {
        for (const entry of entries) entry.reject(error);
      }
    }
  }
}
