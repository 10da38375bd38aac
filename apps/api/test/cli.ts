import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The published command-line client, with a home directory of its own. */
export class Cli {
  private readonly home = mkdtempSync(join(tmpdir(), 'hookstream-cli-'));

  /** @param baseUrl of the api */
  constructor(private readonly baseUrl: string) {}

  /** Runs a command; answers what it prints. Fails when the command does. */
  async run(...args: string[]): Promise<string> {
    return this.answer('', ...args);
  }

  /** Runs a command that asks something; answers what it prints. @param input what is typed */
  async answer(input: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.start(args, input);
    if (code !== 0) throw new Error(`hookstream ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Runs a command with `--json`; answers the JSON. */
  async json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    return JSON.parse(await this.run('--json', ...args)) as T;
  }

  /** Runs a command that must fail; answers its complaint. */
  async fail(...args: string[]): Promise<string> {
    return this.failWith('', ...args);
  }

  /** Runs a command that asks something and must fail; answers its complaint. @param input what is typed */
  async failWith(input: string, ...args: string[]): Promise<string> {
    const { code, stderr } = await this.start(args, input);
    if (code === 0) throw new Error(`hookstream ${args.join(' ')} did not fail`);
    return stderr;
  }

  /** Begins a command that waits for something; answers what it has printed so far, and its end with its exit code. */
  begin(...args: string[]): { output(): string; ended: Promise<number> } {
    const child = this.spawn(args);
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => output.push(String(text)));
    return { output: () => output.join(''), ended: once(child, 'close').then(([code]) => Number(code)) };
  }

  remove(): void {
    rmSync(this.home, { recursive: true });
  }

  private spawn(args: string[]) {
    return spawn(process.execPath, ['node_modules/@hookstream/cli/dist/index.js', ...args], {
      env: { HOME: this.home, HOOKSTREAM_BASE_URL: this.baseUrl, NO_COLOR: '1' },
    });
  }

  private async start(args: string[], input: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = this.spawn(args);
    child.stdin.on('error', () => undefined).end(input);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, stdout, stderr };
  }
}
