import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isRunning, type ProcessRecord, recordOf } from './process-identity.js';
import { giveToOwner } from './service-user.js';

/**
 * Takes the lock for this process. A lock of a process that has ended is taken over.
 *
 * @param path lock file
 * @returns the process that holds the lock, or undefined when it is ours now
 */
export function acquireLock(path: string): ProcessRecord | undefined {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(recordOf(process.pid)), { mode: 0o600 });
  giveToOwner(mine);
  try {
    // A link appears with its contents, and only if the name is free: nobody ever reads half a lock.
    while (!tryLink(mine, path)) {
      const holder = readLock(path);
      if (holder && isRunning(holder.record)) return holder.record;
      if (holder) removeStale(path, holder.text);
    }
    return undefined;
  } finally {
    rmSync(mine);
  }
}

/** Gives the lock back. */
export function releaseLock(path: string): void {
  rmSync(path, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readLock(path: string): { text: string; record: ProcessRecord } | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return { text, record: parseRecord(text) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseRecord(text: string): ProcessRecord {
  try {
    return JSON.parse(text) as ProcessRecord;
  } catch {
    // A file system that lost the contents in a power cut; whoever wrote it is gone.
    return { pid: 0, identity: '' };
  }
}

/** Moves the lock away before looking at it again: of two processes that found it stale, one moves the other's new lock. */
function removeStale(path: string, staleText: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== staleText) tryLink(aside, path);
  rmSync(aside);
}
