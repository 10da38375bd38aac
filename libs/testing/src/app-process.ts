import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

/** A running api or worker, as a process of its own. */
export interface AppProcess {
  url: string;
  /** Everything it has logged. */
  log(): string;
  /** Sends the signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Sends the signal only. */
  signal(signal: NodeJS.Signals): void;
}

/** An api or worker that was started and may not be ready yet, or not for much longer. */
export interface AppChild {
  process: ChildProcess;
  url: string;
  /** Rejects unless it is ready now. */
  ready: () => Promise<void>;
}

/**
 * Starts the compiled app.
 *
 * @param port where it listens on 127.0.0.1
 * @param output told what it logs
 */
export function spawnApp(
  app: 'api' | 'worker',
  env: Record<string, string>,
  port: number,
  output: (chunk: Buffer) => void,
): AppChild {
  const child = spawn(process.execPath, ['--enable-source-maps', `dist/apps/${app}/src/main.js`], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', output);
  child.stderr.on('data', output);
  const url = `http://127.0.0.1:${port}`;
  const ready = async () => {
    const response = await fetch(`${url}/readyz`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${app} is not ready: ${text}`);
  };
  return { process: child, url, ready };
}

/** Starts the compiled app and waits until it is ready. */
export async function startApp(app: 'api' | 'worker', env: Record<string, string>): Promise<AppProcess> {
  const output: Buffer[] = [];
  const { process: child, url, ready } = spawnApp(app, env, await freePort(), (chunk) => output.push(chunk));
  const log = () => Buffer.concat(output).toString();
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`${app} ended with ${child.exitCode}:\n${log()}`);
    await ready().catch((error: Error) => {
      throw new Error(`${error.message}\n${log()}`);
    });
  }, 20_000);
  return { url, log, kill: (signal) => end(child, signal), signal: (signal) => void child.kill(signal) };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
