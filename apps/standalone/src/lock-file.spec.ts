import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireLock, releaseLock } from './lock-file.js';
import { recordOf } from './process-identity.js';

describe('a lock file', () => {
  let directory: string;
  let lock: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lock-'));
    lock = join(directory, 'lock');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const expectOurs = () => expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual(recordOf(process.pid));

  it('is ours once nobody had it, and leaves nothing else behind', () => {
    expect(acquireLock(lock)).toBeUndefined();
    expectOurs();
    expect(readdirSync(directory)).toEqual(['lock']);
    releaseLock(lock);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('names its holder while that runs, and is taken over afterwards', async () => {
    const holder = spawn('sleep', ['60']);
    await once(holder, 'spawn');
    writeFileSync(lock, JSON.stringify(recordOf(holder.pid!)));
    expect(acquireLock(lock)?.pid).toBe(holder.pid);

    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(acquireLock(lock)).toBeUndefined();
    expectOurs();
  });

  it('is taken over from a process whose pid now belongs to another', () => {
    writeFileSync(lock, JSON.stringify({ pid: process.ppid, identity: 'before the reboot' }));
    expect(acquireLock(lock)).toBeUndefined();
    expectOurs();
  });

  it('is taken over when a power cut left it empty', () => {
    writeFileSync(lock, '');
    expect(acquireLock(lock)).toBeUndefined();
    expectOurs();
  });
});
