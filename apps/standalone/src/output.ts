import { type Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import pretty from 'pino-pretty';

const TICK_MS = 1_000;
/** Back to the first column, and nothing left of a longer line (ECMA-48 EL). */
const REWRITE = '\r\x1b[K';

/** Everything this process and its children say. */
export class Output {
  /** A step whose line is not finished. */
  #openStep: string | undefined;
  readonly #format: (line: string) => string;

  constructor(
    readonly format: 'pretty' | 'json',
    private readonly out: NodeJS.WriteStream = process.stdout,
  ) {
    this.#format = pretty.prettyFactory({
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss',
      ignore: 'pid,hostname,app',
      colorize: out.isTTY && out.hasColors(),
    });
    // Whoever read along (`npm start | head`) may go; hookstream stays.
    out.on('error', () => undefined);
  }

  /** A line of our own. @param fields for the JSON format */
  say(text: string, fields: object = {}): void {
    if (this.format === 'json') this.#line(logLine('info', text, fields));
    else this.#line(text);
  }

  /** Something that went wrong, among the lines of the apps, with the time. */
  warn(text: string): void {
    this.#line(this.#rendered('standalone', logLine('warn', text, {})));
  }

  /** Shows a step and, when it ends, how long it took; counting on a terminal. */
  async step<T>(text: string, work: () => Promise<T>): Promise<T> {
    if (this.format === 'json') {
      const startedAt = performance.now();
      const result = await work();
      this.say(text, { seconds: elapsed(startedAt) });
      return result;
    }
    const startedAt = performance.now();
    this.out.write(text);
    this.#openStep = text;
    const timer = this.out.isTTY ? setInterval(() => this.#tick(startedAt), TICK_MS) : undefined;
    try {
      const result = await work();
      const start = this.#openStep ? (this.out.isTTY ? REWRITE + text : '') : text;
      this.#openStep = undefined;
      this.out.write(`${start} ${elapsed(startedAt).toFixed(1)} s\n`);
      return result;
    } catch (error) {
      this.#breakLine();
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** Passes on what a child writes: log lines made readable, everything else as it is. */
  follow(app: string, stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => this.#line(this.#rendered(app, line)));
  }

  #rendered(app: string, line: string): string {
    return this.format === 'json' ? line : `${app.padEnd(10)} ${this.#format(line).trimEnd()}`;
  }

  #line(text: string): void {
    this.#breakLine();
    this.out.write(`${text}\n`);
  }

  #breakLine(): void {
    if (this.#openStep === undefined) return;
    this.#openStep = undefined;
    this.out.write('\n');
  }

  #tick(startedAt: number): void {
    if (this.#openStep) this.out.write(`${REWRITE}${this.#openStep} ${elapsed(startedAt).toFixed(0)} s`);
  }
}

function logLine(level: string, msg: string, fields: object): string {
  return JSON.stringify({ level, time: new Date().toISOString(), app: 'standalone', ...fields, msg });
}

function elapsed(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10;
}
