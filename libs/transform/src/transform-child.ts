import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { READY, type TransformLimits, type TransformOutcome, type TransformRun } from './transform-messages.js';

export interface TransformChildOptions extends TransformLimits {
  batchTimeoutMs: number;
  maxHeapMb: number;
  /** The program to run. @defaultValue transform-process beside this file, compiled or not as this file is */
  entry?: URL;
}

const ENTRY = new URL(`./transform-process${extname(new URL(import.meta.url).pathname)}`, import.meta.url);

/**
 * V8 learns from a few batches that jsonata's objects live long and puts them into the old generation, where each then
 * keeps younger ones: in four of five children 240 µs per evaluation instead of 80, for good.
 */
const TUNING = ['--max-semi-space-size=8', '--no-allocation-site-pretenuring'];

const START_TIMEOUT_MS = 10_000;
const START_ATTEMPTS = 3;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;
const KEPT_STDERR_CHARS = 2_000;

/** A child process that evaluates batches, started when first needed and again after it was lost. */
export class TransformChild {
  #process: ChildProcess | undefined;
  #failedStarts = 0;
  readonly #closed = new AbortController();

  constructor(private readonly options: TransformChildOptions) {}

  /**
   * Evaluates a batch; one at a time.
   *
   * @returns the outcomes of the batch's first runs, at least one; undefined if the batch cost the child its life
   * @throws Error if no child can be started, or after `close`
   */
  async evaluate(runs: TransformRun[]): Promise<TransformOutcome[] | undefined> {
    const child = this.#process ?? (await this.#start());
    keepParentAlive(child, true);
    const outcomes = await this.#exchange(child, runs);
    keepParentAlive(child, false);
    return outcomes;
  }

  /** Kills the child now. */
  kill(): void {
    this.#closed.abort();
    this.#process?.kill('SIGKILL');
  }

  /** Kills the child; settles when it is gone. */
  async close(): Promise<void> {
    this.kill();
    const child = this.#process;
    if (child?.pid === undefined) return;
    child.ref();
    await new Promise((resolve) => child.once('exit', resolve));
  }

  #exchange(child: ChildProcess, runs: TransformRun[]): Promise<TransformOutcome[] | undefined> {
    return new Promise((resolve) => {
      let settled = false;
      const kill = () => settled || child.kill('SIGKILL');
      // The answer may have arrived while this process was too busy to read it: look once more before killing.
      const timer = setTimeout(() => setImmediate(kill), this.options.batchTimeoutMs);
      const settle = (outcomes?: TransformOutcome[]) => {
        settled = true;
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        resolve(outcomes);
      };
      const onMessage = (message: unknown) => (isAnswerTo(runs, message) ? settle(message) : kill());
      const onExit = () => settle();
      child.once('message', onMessage).once('exit', onExit);
      child.send(runs, (error) => error && kill());
    });
  }

  async #start(): Promise<ChildProcess> {
    for (let attempt = 1; ; attempt++) {
      if (this.#failedStarts > 0) {
        const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (this.#failedStarts - 1), LONGEST_BACKOFF_MS);
        await wait(backoffMs, undefined, { signal: this.#closed.signal });
      }
      this.#closed.signal.throwIfAborted();
      const child = this.#fork();
      const problem = await untilReady(child);
      if (problem === undefined) {
        this.#failedStarts = 0;
        return child;
      }
      this.#process = undefined;
      this.#failedStarts++;
      if (attempt === START_ATTEMPTS) throw new Error(`The transform process could not be started: ${problem}`);
    }
  }

  #fork(): ChildProcess {
    const { evaluationTimeoutMs, maxOutputBytes, maxHeapMb, entry = ENTRY } = this.options;
    const limits: TransformLimits = { evaluationTimeoutMs, maxOutputBytes };
    const child = fork(entry, [JSON.stringify(limits)], {
      env: {}, // The environment holds the keyring and the passwords.
      execArgv: [`--max-old-space-size=${maxHeapMb}`, ...TUNING, ...confinement(entry)],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process = child;
    return child.once('exit', () => {
      this.#process = undefined;
    });
  }
}

/**
 * What is left to code that gets out of JSONata: no file but the program's own, no network, process, thread or add-on;
 * no code from strings; no prototype reached through data.
 */
function confinement(entry: URL): string[] {
  // Where Node looks for packages, and where they are if that is a link.
  const { resolve } = createRequire(import.meta.url);
  const [installedIn = ''] = resolve('jsonata').split(/(?<=[\\/]node_modules[\\/])/);
  const readable = [fileURLToPath(new URL('.', entry)), installedIn, ...(resolve.paths('jsonata') ?? [])];
  return [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    '--disallow-code-generation-from-strings',
    '--disable-proto=delete',
  ];
}

/** Settles when the child can take a batch: with nothing, or with the reason why it never will. */
function untilReady(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let stderr = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
    const settle = (problem?: string) => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
      child.stderr?.destroy();
      resolve(problem);
    };
    const onMessage = (message: unknown) => message === READY && settle();
    const onExit = (code: number | null, signal: string | null) =>
      settle(`${stderr || 'it ended'} (${signal ?? code})`);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-KEPT_STDERR_CHARS);
    });
    child.on('message', onMessage).on('exit', onExit);
    // Stays for the child's life: an 'error' without a listener would end this process.
    child.on('error', (error) => settle(error.message));
  });
}

/** A busy child keeps this process alive, an idle one does not. */
function keepParentAlive(child: ChildProcess, busy: boolean): void {
  if (busy) child.ref();
  else child.unref();
  if (busy) child.channel?.ref();
  else child.channel?.unref();
}

/** A child that was taken over must not be able to confuse its parent. */
function isAnswerTo(runs: TransformRun[], message: unknown): message is TransformOutcome[] {
  return Array.isArray(message) && message.length > 0 && message.length <= runs.length;
}
