import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '#libs/testing';

const READY_MS = 25_000;

/** What `npm start` runs once everything is installed and built. */
describe('hookstream on one machine', () => {
  let dataDirectory: string;
  let running: Standalone | undefined;

  beforeAll(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'standalone-'));
  });
  afterEach(() => running?.stop('SIGTERM'));
  afterAll(() => rmSync(dataDirectory, { recursive: true, force: true }));

  const start = async () => {
    running = new Standalone(dataDirectory);
    await eventually(() => expect(running?.output).toContain('Ctrl-C stops everything'), READY_MS);
    return running;
  };
  const recordedPids = () =>
    Object.values(
      JSON.parse(readFileSync(join(dataDirectory, 'processes.json'), 'utf8')) as Record<string, { pid: number }>,
    ).map(({ pid }) => pid);

  let apiKey: string;
  let sourceId: string;
  const eventCount = async (url: string) => {
    const response = await fetch(`${url}/v1/events?source_id=${sourceId}`, { headers: { 'X-API-Key': apiKey } });
    return ((await response.json()) as { events: unknown[] }).events.length;
  };

  it('prints a key and three lines that work, and stops cleanly', async () => {
    const hookstream = await start();
    apiKey = /API key +(hs_live_[0-9a-f]{64})/.exec(hookstream.output)![1]!;
    const lines = hookstream.output.split('\n').filter((line) => line.includes('curl -s'));
    expect(lines).toHaveLength(3);
    const { stdout } = await promisify(execFile)('sh', ['-c', lines.join('\n')]);
    sourceId = /source ([0-9a-f]{32})\n/.exec(stdout)![1]!;
    expect(stdout).toMatch(/"event_id":"[0-9a-f]{32}"/);
    await expect(eventCount(hookstream.url)).resolves.toBe(1);

    expect(statSync(join(dataDirectory, 'secrets.json')).mode & 0o077).toBe(0);
    await expect(hookstream.stop('SIGINT')).resolves.toBe(0);
    const order = ['Stopped Redis', 'Stopped PostgreSQL'].map((line) => hookstream.output.indexOf(line));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(hookstream.output.indexOf('Stopped api')).toBeLessThan(order[0]!);
  });

  it('goes on with the same data, and does not show the key again', async () => {
    const hookstream = await start();
    expect(hookstream.output).toContain('shown at the first start');
    expect(hookstream.output).not.toContain(apiKey);
    await expect(eventCount(hookstream.url)).resolves.toBe(1);
  });

  it('refuses a data directory that is in use', async () => {
    await start();
    const second = new Standalone(dataDirectory);
    await expect(second.ended).resolves.toBe(1);
    expect(second.output).toContain('hookstream is already running with the data directory');
  });

  it('starts again what dies', async () => {
    const hookstream = await start();
    const before = recordedPids();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await eventually(() => {
      const now = recordedPids();
      expect(now).toHaveLength(before.length);
      expect(now.filter((pid) => before.includes(pid))).toEqual([]);
    });
    await eventually(async () => expect((await fetch(`${hookstream.url}/readyz`)).status).toBe(200), READY_MS);
    await expect(eventCount(hookstream.url)).resolves.toBe(1);
  });

  it('starts after everything was killed', async () => {
    const killed = await start();
    killed.process.kill('SIGKILL');
    await killed.ended;
    const hookstream = await start();
    expect(hookstream.output).toContain('Ended what a killed run left behind');
    await expect(eventCount(hookstream.url)).resolves.toBe(1);
  });
});

class Standalone {
  output = '';
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(dataDirectory: string) {
    const env = { PATH: process.env.PATH, PORT: '0', HOOKSTREAM_DATA_DIR: dataDirectory };
    this.process = spawn(process.execPath, ['dist/apps/standalone/src/main.js'], { env });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.ended = once(this.process, 'close').then(([code]) => code as number | null);
  }

  get url(): string {
    return /API +(http:\S+)\/v1/.exec(this.output)![1]!;
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal);
    return this.ended;
  }
}
