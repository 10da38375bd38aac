import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, releaseLock } from './lock-file.js';
import { isRunning, type ProcessRecord, recordOf } from './process-identity.js';
import { giveToOwner } from './service-user.js';
import { StartupError } from './startup-error.js';

/** PostgreSQL's own time for a fast shutdown under load is a few seconds. */
const LEFTOVER_GRACE_MS = 15_000;

/**
 * Everything that one installation keeps: the stores, their passwords, and which processes it runs. Used by one
 * `npm start` at a time.
 */
export class DataDirectory {
  readonly #lock: string;
  readonly #processesFile: string;
  readonly #processes: Record<string, ProcessRecord | undefined> = {};

  /**
   * Creates it if necessary and locks it.
   *
   * @throws StartupError when another `npm start` uses it, or this user may not
   */
  constructor(readonly path: string) {
    this.#lock = this.file('lock');
    this.#processesFile = this.file('processes.json');
    let holder: ProcessRecord | undefined;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      if (!existsSync(path)) mkdirSync(path, 0o700);
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
      holder = acquireLock(this.#lock);
    } catch (error) {
      throw new StartupError(unusable(path, error as Error));
    }
    if (holder) {
      throw new StartupError(
        `hookstream is already running with the data directory ${path} (process ${holder.pid}). ` +
          'Stop it first, or start another one with its own HOOKSTREAM_DATA_DIR and PORT.',
      );
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Remembers a process that was started (or that it ended), for a next run after this one was killed. */
  record(name: string, pid: number | undefined): void {
    this.#processes[name] = pid === undefined ? undefined : recordOf(pid);
    try {
      writeAtomically(this.#processesFile, JSON.stringify(this.#processes));
    } catch {
      // For the next run's convenience only: a full disk must not end this one.
    }
  }

  /**
   * Ends what a killed run left behind; its PostgreSQL would still hold the data.
   *
   * @param stopSignals per process name, SIGTERM for others
   * @returns names of those that were still running
   */
  async endLeftovers(stopSignals: Record<string, NodeJS.Signals>): Promise<string[]> {
    const leftovers = Object.entries(readRecords(this.#processesFile)).filter(([, record]) => isRunning(record));
    for (const [name, { pid }] of leftovers) signal(pid, stopSignals[name] ?? 'SIGTERM');
    const deadline = Date.now() + LEFTOVER_GRACE_MS;
    while (leftovers.some(([, record]) => isRunning(record)) && Date.now() < deadline) await sleep(50);
    for (const [, record] of leftovers) if (isRunning(record)) signal(-record.pid, 'SIGKILL');
    return leftovers.map(([name]) => name);
  }

  close(): void {
    releaseLock(this.#lock);
  }
}

/** Replaces a small private file in one step; a reader or a crash sees the old or the new one. */
export function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode: 0o600, flush: true });
  giveToOwner(temporary);
  renameSync(temporary, path);
}

function readRecords(path: string): Record<string, ProcessRecord> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, ProcessRecord>;
  } catch {
    return {};
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}

function unusable(path: string, error: Error): string {
  const owner = statSync(path, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || owner === process.getuid?.()) {
    return `The data directory ${path} cannot be used: ${error.message}`;
  }
  return (
    `The data directory ${path} belongs to another user (uid ${owner}). ` +
    'Start hookstream as that user, or with a HOOKSTREAM_DATA_DIR of your own.'
  );
}
