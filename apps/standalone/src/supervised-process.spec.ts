import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#libs/testing';
import { processIdentity } from './process-identity.js';
import { SupervisedProcess } from './supervised-process.js';

describe('a supervised process', () => {
  const messages: string[] = [];
  let supervised: SupervisedProcess;
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'supervised-'));
    messages.length = 0;
  });

  const run = (script: string, graceMs = 5_000) => {
    const records: (number | undefined)[] = [];
    supervised = new SupervisedProcess(
      {
        name: 'example',
        stopSignal: 'SIGTERM',
        graceMs,
        spawn: () => spawn('sh', ['-c', script], { stdio: 'ignore', detached: true }),
      },
      { warn: (text) => messages.push(text), record: (_, pid) => records.push(pid) },
    );
    supervised.start();
    return records;
  };
  afterEach(() => {
    supervised.kill();
    rmSync(directory, { recursive: true });
  });

  it('is started again when it dies', async () => {
    const records = run('sleep 60');
    process.kill(records[0]!, 'SIGKILL');
    await eventually(() => expect(records).toHaveLength(3));
    expect(messages).toEqual(['example stopped (SIGKILL); starting it again in 0.5 s']);
    expect(records[2]).not.toBe(records[0]);
  });

  it('stops when asked, and stays stopped', async () => {
    const records = run('exec sleep 60');
    await expect(supervised.stop()).resolves.toBe(true);
    expect(records).toEqual([expect.any(Number), undefined]);
    expect(messages).toEqual([]);
  });

  it('is ended, with its children, when it does not stop in time', async () => {
    const file = join(directory, 'child');
    run(`trap '' TERM; sleep 60 & echo $! > ${file}.new; mv ${file}.new ${file}; wait; sleep 60`, 200);
    await eventually(() => expect(existsSync(file)).toBe(true));
    await expect(supervised.stop()).resolves.toBe(false);
    await eventually(() => expect(processIdentity(Number(readFileSync(file, 'utf8')))).toBeUndefined());
  });

  it('fails the start when it keeps ending', async () => {
    run('exit 3');
    const never = () => Promise.reject(new Error('not yet'));
    await expect(supervised.untilReady(never, 10_000)).rejects.toThrow(
      'example stopped 3 times while starting (exit code 3).',
    );
  });

  it('survives a program that does not exist', async () => {
    supervised = new SupervisedProcess(
      { name: 'example', stopSignal: 'SIGTERM', graceMs: 100, spawn: () => spawn('/no/such/program') },
      { warn: (text) => messages.push(text), record: () => undefined },
    );
    supervised.start();
    const never = () => Promise.reject(new Error('not yet'));
    await expect(supervised.untilReady(never, 10_000)).rejects.toThrow('ENOENT');
    await expect(supervised.stop()).resolves.toBe(true);
  });
});
