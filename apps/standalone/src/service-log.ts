import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { type SpawnOptions } from 'node:child_process';
import { giveToOwner } from './service-user.js';

/** Both stores say little; this is years of it. */
const LONGEST_LOG_BYTES = 10 * 1024 * 1024;
const LAST_LINES = 8;

/** The file that PostgreSQL or Redis writes its messages to. The process holds it open itself, so it outlives us. */
export class ServiceLog {
  constructor(readonly path: string) {}

  /** Calls `use` with the `stdio` of a process whose output goes here. @param stdin what the process reads */
  whileOpen<T>(stdin: 'ignore' | 'pipe', use: (stdio: NonNullable<SpawnOptions['stdio']>) => T): T {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > LONGEST_LOG_BYTES) renameSync(this.path, `${this.path}.1`);
    const file = openSync(this.path, 'a', 0o600);
    giveToOwner(this.path);
    try {
      return use([stdin, file, file]);
    } finally {
      closeSync(file);
    }
  }

  /** The last lines, and where the others are. */
  tail(): string {
    const lines = readFileSync(this.path, 'utf8').trimEnd().split('\n').slice(-LAST_LINES);
    return `Last lines of ${this.path}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  }
}
