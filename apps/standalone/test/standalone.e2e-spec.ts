import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '#libs/testing';

interface Run {
  child: ChildProcess;
  output(): string;
  /** Waits for the end. @returns exit code */
  ended(): Promise<number | null>;
}

/** Everything on one machine, as `npm start` runs it. */
function start(dataDirectory: string, port: number): Run {
  const child = spawn(process.execPath, ['dist/apps/standalone/src/main.js'], {
    // Own services, whatever the tests run on.
    env: { PATH: process.env.PATH, HOOKSTREAM_DATA_DIR: dataDirectory, PORT: String(port), HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const exit = once(child, 'close') as Promise<[number | null]>;
  return { child, output: () => output, ended: async () => (await exit)[0] };
}

const isReady = (run: Run) =>
  eventually(() => {
    if (run.child.exitCode !== null) throw new Error(run.output());
    expect(run.output()).toContain('Ctrl-C stops everything');
  }, 60_000);

describe('npm start', () => {
  let dataDirectory: string;
  let port: number;
  let run: Run;

  beforeAll(async () => {
    dataDirectory = join(mkdtempSync(join(tmpdir(), 'hookstream-standalone-')), 'data');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    await new Promise((resolve) => server.close(resolve));
    run = start(dataDirectory, port);
    await isReady(run);
  }, 90_000);
  afterAll(async () => {
    run.child.kill('SIGINT');
    await run.ended();
    rmSync(join(dataDirectory, '..'), { recursive: true, force: true });
  }, 60_000);

  const stop = async () => {
    run.child.kill('SIGINT');
    expect(await run.ended()).toBe(0);
  };

  it('prints a key and three lines that work when they are pasted', () => {
    const lines = run.output().split('\n');
    const first = lines.findIndex((line) => line.startsWith('KEY=hs_live_'));
    const pasted = lines.slice(first, first + 3).join('\n');
    const answers = execFileSync('sh', ['-c', pasted], { encoding: 'utf8' }).trim().split('\n');
    const [, source] = /^source ([0-9a-f]{32})$/.exec(answers[0] ?? '') ?? [];
    expect(JSON.parse(answers[1] ?? '')).toEqual({ event_id: expect.any(String), source_id: source });
    expect(JSON.parse(answers[2] ?? '')).toMatchObject({ events: [{ source_id: source }], pagination: { total: 1 } });
  });

  it('refuses to run twice on the same data, and on a port that is in use, in a sentence', async () => {
    const sameData = start(dataDirectory, 0);
    expect(await sameData.ended()).toBe(1);
    expect(sameData.output()).toContain(dataDirectory);
    const samePort = start(`${dataDirectory}-other`, port);
    expect(await samePort.ended()).toBe(1);
    expect(samePort.output()).toContain(String(port));
    for (const { output } of [sameData, samePort]) expect(output()).not.toMatch(/\n\s+at /);
  }, 60_000);

  it('restarts a worker that dies', async () => {
    const worker = /"host":"127\.0\.0\.1","port":(\d+)\}/.exec(run.output().split('worker is ready')[1] ?? '')?.[1];
    const processes = readFileSync(join(dataDirectory, 'processes.json'), 'utf8');
    process.kill((JSON.parse(processes) as { worker: { pid: number } }).worker.pid, 'SIGKILL');
    await eventually(async () => {
      expect(run.output().split('worker is ready')).toHaveLength(3);
      expect((await fetch(`http://127.0.0.1:${worker}/readyz`)).status).toBe(200);
    }, 30_000);
  }, 60_000);

  it('stops in order, keeps its data and does not show the key again', async () => {
    const key = /hs_live_[0-9a-f]{64}/.exec(run.output())?.[0] ?? '';
    await stop();
    expect(
      run
        .output()
        .match(/Stopped \w+/g)
        ?.slice(-2),
    ).toEqual(['Stopped Redis', 'Stopped PostgreSQL']);
    run = start(dataDirectory, port);
    await isReady(run);
    expect(run.output()).not.toContain(key);
    const response = await fetch(`http://127.0.0.1:${port}/v1/events`, { headers: { 'X-API-Key': key } });
    expect(await response.json()).toMatchObject({ pagination: { total: 1 } });
  }, 120_000);
});
