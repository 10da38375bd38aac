import { spawn } from 'node:child_process';
import { once } from 'node:events';

const PROGRAM = 'libs/testing/own-services.mjs';
const READY_WITHIN_MS = 120_000;

export type Service = 'PostgreSQL' | 'Redis';

/** A PostgreSQL and a Redis that nobody else uses: they may be stopped, killed and emptied. */
export interface OwnServices {
  /** As the global set-up makes it, for `createDatabase`. */
  environment: NodeJS.ProcessEnv;
  redisUrl: string;
  /**
   * Sends a signal to a server, which is started again when it ends.
   *
   * @returns whether it was running
   */
  signal(service: Service, signal: NodeJS.Signals): boolean;
  stop(): Promise<void>;
}

type Message = { environment: NodeJS.ProcessEnv } | { name: Service; pid?: number };

/** Starts servers of its own, which write to disk as the product's do; they end with this process. */
export async function startOwnServices(): Promise<OwnServices> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const errors: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
  const pids = new Map<Service, number | undefined>();
  const environment = await new Promise<NodeJS.ProcessEnv>((resolve, reject) => {
    const fail = (reason: string) =>
      reject(new Error(`PostgreSQL and Redis ${reason}:\n${Buffer.concat(errors).toString()}`));
    const timer = setTimeout(() => fail('did not start in time'), READY_WITHIN_MS);
    child.once('exit', (code) => fail(`could not be started (${code})`));
    child.on('message', (message: Message) => {
      if ('name' in message) {
        pids.set(message.name, message.pid);
      } else {
        clearTimeout(timer);
        resolve(message.environment);
      }
    });
  });
  return {
    environment,
    redisUrl: environment.TEST_REDIS_URL ?? '',
    signal: (service, signal) => {
      const pid = pids.get(service);
      try {
        return pid !== undefined && process.kill(pid, signal);
      } catch {
        // It ended in between.
        return false;
      }
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
