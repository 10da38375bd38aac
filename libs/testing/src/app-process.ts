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

/** Starts the compiled app and waits until it is ready. */
export async function startApp(app: 'api' | 'worker', env: Record<string, string>): Promise<AppProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, ['--enable-source-maps', `dist/apps/${app}/src/main.js`], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const log = () => Buffer.concat(output).toString();
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`${app} ended with ${child.exitCode}:\n${log()}`);
    const response = await fetch(`${url}/readyz`);
    if (!response.ok) throw new Error(`${app} is not ready: ${await response.text()}\n${log()}`);
  }, 20_000);
  return { url, log, kill: (signal) => end(child, signal), signal: (signal) => void child.kill(signal) };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
