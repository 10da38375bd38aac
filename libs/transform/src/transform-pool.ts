import { availableParallelism } from 'node:os';
import { LRUCache } from 'lru-cache';
import { TransformChild } from './transform-child.js';
import { type TransformOutcome, type TransformRun } from './transform-messages.js';

export interface TransformPoolOptions {
  /**
   * Child processes, each started when all others are busy. With one, an expression that has to be killed stops all
   * others until then. @defaultValue number of cores less one, at least 2
   */
  processes?: number;
  /** Time after which jsonata gives up on an expression. @defaultValue 200 */
  evaluationTimeoutMs?: number;
  /**
   * Time after which a child that has not answered is killed. A child answers in part after 100 ms, so this need only
   * exceed that by one evaluation and one JSON.stringify on a busy machine. @defaultValue 1000
   */
  batchTimeoutMs?: number;
  /** Heap of a child, in MiB; it is killed when it needs more. @defaultValue 64 */
  maxHeapMb?: number;
  /** Longest body that is transformed. @defaultValue 1048576 */
  maxInputBytes?: number;
  /** Longest body a transform may yield. @defaultValue 1048576 */
  maxOutputBytes?: number;
}

interface Run {
  expression: string;
  body: string;
  resolve: (outcome: TransformOutcome) => void;
  reject: (error: unknown) => void;
}

interface Batch {
  runs: Run[];
  alone: boolean;
}

const MAX_BATCH_RUNS = 50;
/** Bounds what a batch needs of a child's heap; a longer body travels alone. */
const MAX_BATCH_CHARS = 1 << 20;
const MAX_SUSPECTS = 200;

const CLOSED: TransformOutcome = { kind: 'failed', message: 'The transform was not run because the server stopped.' };
const KILLED: TransformOutcome = { kind: 'failed', message: 'The transform exceeded its memory or time limit.' };

/**
 * Evaluates JSONata expressions of strangers in child processes, so that none can stop or exhaust this one. A child
 * takes what has gathered while it was busy: batches form under load, an idle pool sends single runs at once.
 */
export class TransformPool {
  readonly #queue: Run[] = [];
  /** Runs that go to a child each by itself, on one child at a time so that the other children stay free of them. */
  readonly #alone: Run[] = [];
  /** Expressions that cost a child before. Their runs skip the batch that their neighbours would have to repeat. */
  readonly #suspects = new LRUCache<string, true>({ max: MAX_SUSPECTS });
  readonly #children: TransformChild[];
  readonly #idle: TransformChild[];
  readonly #maxInputBytes: number;
  #aloneRunning = false;
  #aloneFirst = false;
  #scheduled = false;
  #closed = false;

  constructor(options: TransformPoolOptions = {}) {
    const { processes = Math.max(2, availableParallelism() - 1), maxInputBytes = 1 << 20 } = options;
    const { evaluationTimeoutMs = 200, batchTimeoutMs = 1_000, maxHeapMb = 64, maxOutputBytes = 1 << 20 } = options;
    const childOptions = { evaluationTimeoutMs, batchTimeoutMs, maxHeapMb, maxOutputBytes };
    this.#children = Array.from({ length: processes }, () => new TransformChild(childOptions));
    this.#idle = [...this.#children];
    this.#maxInputBytes = maxInputBytes;
    process.once('exit', this.#kill);
  }

  /**
   * Evaluates an expression over a webhook's body.
   *
   * @param body JSON text; numbers beyond a double's precision lose it, as in every JSON.parse
   * @returns the JSON text of the result, which is an object or an array; or why there is none, in at most 500
   *   characters. After `close` every run is `failed`, so stop what calls this first.
   * @throws Error if child processes cannot be started: our fault, not the expression's, and worth a retry
   */
  run(expression: string, body: string): Promise<TransformOutcome> {
    if (this.#closed) return Promise.resolve(CLOSED);
    if (Buffer.byteLength(body) > this.#maxInputBytes) {
      const message = `The webhook body is larger than the ${this.#maxInputBytes} bytes that can be transformed.`;
      return Promise.resolve({ kind: 'failed', message });
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ expression, body, resolve, reject });
      this.#schedule();
    });
  }

  /** Ends the children; runs that are still pending resolve as `failed`. */
  async close(): Promise<void> {
    this.#closed = true;
    process.off('exit', this.#kill);
    for (const run of [...this.#queue.splice(0), ...this.#alone.splice(0)]) run.resolve(CLOSED);
    await Promise.all(this.#children.map((child) => child.close()));
  }

  /** A child in an endless loop does not notice that its parent has gone. */
  readonly #kill = (): void => this.#children.forEach((child) => child.kill());

  /** Lets everything that arrives in this turn of the event loop travel together. */
  #schedule(): void {
    if (this.#scheduled || this.#idle.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#queue.length > 0 && this.#idle.length > 0) void this.#serve(this.#idle.pop() as TransformChild);
    });
  }

  /** Takes its first batch before it returns, and has taken the next or is idle again before anyone hears of an outcome. */
  async #serve(child: TransformChild): Promise<void> {
    for (let batch = this.#nextBatch(); batch !== undefined; batch = this.#nextBatch()) {
      const answer = await child.evaluate(batch.runs.map(toMessage)).catch((error: Error) => error);
      if (batch.alone) this.#aloneRunning = false;
      this.#conclude(batch.runs, answer);
    }
    this.#idle.push(child);
  }

  /** Takes from both kinds in turns, so that neither waits for the end of the other. */
  #nextBatch(): Batch | undefined {
    this.#aloneFirst = !this.#aloneFirst;
    const first = this.#aloneFirst ? this.#takeAlone() : undefined;
    return first ?? this.#takeGathered() ?? this.#takeAlone();
  }

  #takeAlone(): Batch | undefined {
    const run = this.#aloneRunning ? undefined : this.#alone.shift();
    if (run === undefined) return undefined;
    this.#aloneRunning = true;
    return { runs: [run], alone: true };
  }

  #takeGathered(): Batch | undefined {
    const runs: Run[] = [];
    let chars = 0;
    for (let run = this.#queue[0]; run !== undefined && runs.length < MAX_BATCH_RUNS; run = this.#queue[0]) {
      const suspect = this.#suspects.get(run.expression) !== undefined;
      if (!suspect) chars += run.expression.length + run.body.length;
      if (chars > MAX_BATCH_CHARS && runs.length > 0) break;
      this.#queue.shift();
      (suspect ? this.#alone : runs).push(run);
    }
    return runs.length > 0 ? { runs, alone: false } : undefined;
  }

  #conclude(runs: Run[], answer: TransformOutcome[] | Error | undefined): void {
    if (this.#closed) for (const run of runs) run.resolve(CLOSED);
    else if (answer === undefined) this.#isolate(runs);
    else if (Array.isArray(answer)) this.#settle(runs, answer);
    else for (const run of runs) run.reject(answer);
  }

  /** A child answers the first runs of a slow batch; the others keep their place. */
  #settle(runs: Run[], outcomes: TransformOutcome[]): void {
    outcomes.forEach((outcome, index) => runs[index]?.resolve(outcome));
    if (outcomes.length === runs.length) return;
    this.#queue.unshift(...runs.slice(outcomes.length));
    this.#schedule();
  }

  /** Which run of a batch cost the child its life shows when each runs alone. */
  #isolate(runs: Run[]): void {
    if (runs.length > 1) {
      this.#alone.push(...runs);
      return;
    }
    for (const run of runs) {
      this.#suspects.set(run.expression, true);
      run.resolve(KILLED);
    }
  }
}

function toMessage({ expression, body }: Run): TransformRun {
  return [expression, body];
}
