import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type AppChild, freePort, spawnApp } from '#libs/testing';

export type App = 'api' | 'worker';

/** Between two starts that failed, say because PostgreSQL was down just then. */
const START_AGAIN_MS = 500;
const READY_POLL_MS = 250;
/** Above the 20 s that a worker gives to what it is sending. */
const STOP_WITHIN_MS = 40_000;

interface Member {
  app: App;
  index: number;
  port: number;
  logFile: string;
  child?: AppChild;
  isReady: boolean;
  isFrozen: boolean;
  /** Processes that are to end by our own doing. */
  killed: Set<ChildProcess>;
}

/** A process that ended by itself. */
export interface Death {
  who: string;
  how: string;
  /** Whether it had been ready: then it must never end, whatever happens around it. */
  wasReady: boolean;
}

/** Apis and workers, each started again as soon as it ends, as a supervisor would. */
export class Fleet {
  readonly deaths: Death[] = [];
  private readonly members: Member[] = [];
  private readonly running: Promise<void>[] = [];
  private isStopping = false;

  /**
   * @param env of every process
   * @param logs directory for what they log, a file each
   */
  constructor(
    private readonly env: Record<string, string>,
    private readonly logs: string,
  ) {}

  /** Starts so many of each and waits until all are ready. */
  async start(processes: number, withinMs: number): Promise<void> {
    for (const app of ['api', 'worker'] as const) {
      for (let index = 0; index < processes; index++) {
        const logFile = join(this.logs, `${app}-${index}.log`);
        const port = await freePort();
        this.members.push({ app, index, port, logFile, isReady: false, isFrozen: false, killed: new Set() });
      }
    }
    this.running.push(...this.members.map((member) => this.supervise(member)));
    await this.untilReady(withinMs);
  }

  /** Base URLs of the apis; they stay the same over restarts. */
  get apiUrls(): string[] {
    return this.members.filter(({ app }) => app === 'api').map(({ port }) => `http://127.0.0.1:${port}`);
  }

  get logFiles(): string[] {
    return this.members.map(({ logFile }) => logFile);
  }

  get workerLogs(): string[] {
    return this.members.filter(({ app }) => app === 'worker').map(({ logFile }) => logFile);
  }

  /** @returns whether there was a process to get the signal */
  signal(app: App, index: number, signal: NodeJS.Signals): boolean {
    const member = this.find(app, index);
    const child = member?.child?.process;
    if (!member || !child || hasEnded(child)) return false;
    member.killed.add(child);
    return child.kill(signal);
  }

  /** Stops a process in its tracks. @returns how it goes on, or undefined when there is none to stop */
  freeze(app: App, index: number): (() => void) | undefined {
    const member = this.find(app, index);
    const child = member?.child?.process;
    if (!member || !child || hasEnded(child) || member.isFrozen) return undefined;
    member.isFrozen = true;
    child.kill('SIGSTOP');
    return () => {
      member.isFrozen = false;
      child.kill('SIGCONT');
    };
  }

  /** Waits until every process says that it is ready. @throws Error naming those that do not */
  async untilReady(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    const problems = await Promise.all(
      this.members.map(async (member) => {
        for (;;) {
          const problem = await this.problemOf(member);
          if (!problem || performance.now() > deadline) return problem && `${nameOf(member)}: ${problem}`;
          await setTimeout(READY_POLL_MS);
        }
      }),
    );
    const unready = problems.filter((problem) => problem !== undefined);
    if (unready.length > 0) throw new Error(`not ready after ${withinMs / 1000} s: ${unready.join('; ')}`);
  }

  /** Tells all to stop. @returns those that did not and had to be killed */
  async stop(): Promise<string[]> {
    this.isStopping = true;
    const signalAll = (...signals: NodeJS.Signals[]) => {
      const running = this.members.filter(({ child }) => child && !hasEnded(child.process));
      for (const { child } of running) for (const signal of signals) child?.process.kill(signal);
      return running.map(nameOf);
    };
    signalAll('SIGCONT', 'SIGTERM');
    const late: string[] = [];
    const timer = global.setTimeout(() => late.push(...signalAll('SIGKILL')), STOP_WITHIN_MS);
    await Promise.all(this.running);
    clearTimeout(timer);
    return late;
  }

  private async problemOf({ child }: Member): Promise<string | undefined> {
    try {
      await child?.ready();
      return child ? undefined : 'not started';
    } catch (error) {
      return (error as Error).message;
    }
  }

  private async supervise(member: Member): Promise<void> {
    const log = openSync(member.logFile, 'a');
    while (!this.isStopping) {
      member.isReady = false;
      const child = spawnApp(member.app, this.env, member.port, (chunk) => writeSync(log, chunk));
      member.child = child;
      void this.watch(member, child);
      const [code, signal] = (await once(child.process, 'close')) as [number | null, NodeJS.Signals | null];
      if (this.isStopping || member.killed.has(child.process)) continue;
      this.deaths.push({ who: nameOf(member), how: signal ?? `exit code ${code}`, wasReady: member.isReady });
      await setTimeout(START_AGAIN_MS);
    }
    closeSync(log);
  }

  /** Notes when the process becomes ready. */
  private async watch(member: Member, child: AppChild): Promise<void> {
    while (member.child === child && !hasEnded(child.process) && !member.isReady) {
      await child.ready().then(
        () => (member.isReady = member.child === child),
        () => setTimeout(READY_POLL_MS),
      );
    }
  }

  private find(app: App, index: number): Member | undefined {
    return this.members.find((member) => member.app === app && member.index === index);
  }
}

function nameOf({ app, index }: Member): string {
  return `${app} ${index}`;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
