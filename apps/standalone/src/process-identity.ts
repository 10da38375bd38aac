import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Position of the start time behind the `(command)` of /proc/<pid>/stat, see proc_pid_stat(5). */
const START_TIME = 19;

/** A process as it is written to disk. */
export interface ProcessRecord {
  pid: number;
  /** what {@link processIdentity} said while it ran */
  identity: string;
}

/**
 * Tells two processes apart that were given the same pid, one after the other or before and after a reboot.
 *
 * @returns undefined when no process has the pid
 */
export function processIdentity(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim() || undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${fields[START_TIME - 1]}`;
  } catch {
    return undefined;
  }
}

/** @returns undefined when the process has already ended */
export function recordOf(pid: number): ProcessRecord | undefined {
  const identity = processIdentity(pid);
  return identity === undefined ? undefined : { pid, identity };
}

/** Whether the very process that was recorded still runs. */
export function isRunning(record: ProcessRecord): boolean {
  return processIdentity(record.pid) === record.identity;
}
