import { type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { restartDelayMs } from './backoff.js';
import { StartupError } from './startup-error.js';

/** A process that ran this long was fine: its next end counts as the first. */
const STABLE_AFTER_MS = 30_000;
/** While starting, a process that keeps ending has a reason that waiting does not change. */
const STARTS_BEFORE_GIVING_UP = 3;
const PROBE_INTERVAL_MS = 50;

/** What is to run. */
export interface ProcessPlan {
  /** for messages, and for the record of running processes */
  name: string;
  /** Must start it as leader of its own process group, so that Ctrl-C in a terminal does not reach it past us. */
  spawn: () => ChildProcess;
  /** asks for an orderly stop */
  stopSignal: NodeJS.Signals;
  /** how long an orderly stop may take, ms */
  graceMs: number;
  /** ends it at once; without it the whole process group gets SIGKILL */
  killSignal?: NodeJS.Signals;
  /** what it said last, or where that can be read; added to messages about its end */
  explain?: () => string;
}

/** Who wants to know. */
export interface Supervisor {
  warn(text: string): void;
  /** told about every start (pid) and end (undefined) */
  record(name: string, pid: number | undefined): void;
}

/** Keeps a process running: one that ends is started again, after a pause that grows. */
export class SupervisedProcess {
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #failures = 0;
  #lastEnd = '';
  #isStopping = false;

  constructor(
    readonly plan: ProcessPlan,
    private readonly supervisor: Supervisor,
  ) {}

  /** undefined while it does not run */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const startedAt = performance.now();
    let child: ChildProcess;
    try {
      child = this.plan.spawn();
    } catch (error) {
      // A full disk, say, where its log is to be opened.
      this.#failed(startedAt, (error as Error).message);
      return;
    }
    this.#child = child;
    this.supervisor.record(this.plan.name, child.pid);
    child.on('error', (error) => this.#ended(child, startedAt, error.message));
    child.once('exit', (code, signal) => this.#ended(child, startedAt, signal ?? `exit code ${code}`));
  }

  /**
   * Waits until the probe succeeds.
   *
   * @param probe rejects while the process cannot be used yet
   * @throws StartupError when the process keeps ending or the time is over
   */
  async untilReady(probe: () => Promise<unknown>, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    let problem = '';
    while (performance.now() < deadline) {
      signal?.throwIfAborted();
      if (this.#failures >= STARTS_BEFORE_GIVING_UP) {
        throw this.#failure(`stopped ${this.#failures} times while starting (${this.#lastEnd}).`);
      }
      try {
        await probe();
        return;
      } catch (error) {
        problem = (error as Error).message;
      }
      await sleep(PROBE_INTERVAL_MS);
    }
    throw this.#failure(`was not ready within ${timeoutMs / 1000} s (${problem}).`);
  }

  /** Asks it to stop, and ends it with everything it started when it does not. @returns whether it stopped by itself */
  async stop(): Promise<boolean> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child?.pid === undefined) return true;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(this.plan.stopSignal);
    const inTime = await Promise.race([ended.then(() => true), sleep(this.plan.graceMs, false, { ref: false })]);
    if (!inTime) {
      this.kill();
      await ended;
    }
    return inTime;
  }

  /** Ends it at once, with every process it started. Does not wait for that. */
  kill(): void {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      if (this.plan.killSignal) process.kill(pid, this.plan.killSignal);
      else process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended in between.
    }
  }

  #failure(what: string): StartupError {
    return new StartupError([`${this.plan.name} ${what}`, this.plan.explain?.()].filter(Boolean).join('\n'));
  }

  #ended(child: ChildProcess, startedAt: number, how: string): void {
    // A program that cannot be started is reported once, a signal that cannot be sent to one that runs is not an end.
    if (this.#child !== child || (child.pid !== undefined && child.exitCode === null && child.signalCode === null))
      return;
    this.#child = undefined;
    this.supervisor.record(this.plan.name, undefined);
    this.#failed(startedAt, how);
  }

  #failed(startedAt: number, how: string): void {
    this.#lastEnd = how;
    if (this.#isStopping) return;
    this.#failures = performance.now() - startedAt > STABLE_AFTER_MS ? 1 : this.#failures + 1;
    const delayMs = restartDelayMs(this.#failures);
    this.supervisor.warn(`${this.plan.name} stopped (${how}); starting it again in ${delayMs / 1000} s`);
    this.#restart = setTimeout(() => this.start(), delayMs);
  }
}
