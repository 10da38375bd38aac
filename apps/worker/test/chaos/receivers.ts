import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Behaviour } from './destinations.js';
import { type Random } from './random.js';

/** Fast ones take up to four times this long. */
const FAST_MS = 10;
const SLOW_MS = 300;
/** A flapping receiver changes its mind this often. */
const FLAP_MS = { least: 2_000, most: 8_000 };
/** Share of the run after which a receiver that failed for a while is healthy. */
const MENDED_AFTER = { least: 0.3, most: 0.8 };
/** An ordered receiver refuses one in so many, to see that a retry holds up those behind it. */
const REFUSES_ONE_IN = 50;

/** What one receiver got. */
export interface Inbox {
  requests: number;
  /** Requests that came although the event had been answered 2xx before. */
  duplicates: number;
  /** Of these by event. */
  duplicatesOf: Map<string, number>;
  /** Events answered 2xx, in the order of the first answer, with its time. */
  accepted: Map<string, number>;
  running: number;
  /** Most requests at the same time. */
  mostRunning: number;
}

/** Looks at a request that has come in whole, before it is answered. */
export type Inspect = (index: number, headers: IncomingHttpHeaders, body: Buffer) => void;

/** Receivers of one run: a server with a path for each. */
export class Receivers {
  readonly inboxes: Inbox[];
  private readonly server = createServer((request, response) => void this.receive(request, response));
  private readonly mendedAt: number[];
  private readonly flaps: number[];
  private startedAt = performance.now();
  private isMended = false;

  /** @param runMs how long the run lasts: receivers that fail for a while recover before its end */
  constructor(
    private readonly behaviours: Behaviour[],
    random: Random,
    runMs: number,
    private readonly inspect: Inspect,
  ) {
    this.inboxes = behaviours.map(() => ({
      requests: 0,
      duplicates: 0,
      duplicatesOf: new Map(),
      accepted: new Map(),
      running: 0,
      mostRunning: 0,
    }));
    this.mendedAt = behaviours.map(() => runMs * random.between(MENDED_AFTER.least, MENDED_AFTER.most));
    this.flaps = behaviours.map(() => random.between(FLAP_MS.least, FLAP_MS.most));
  }

  /** @returns base URL; receiver n is at `/n` */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on times count. */
  begin(): void {
    this.startedAt = performance.now();
  }

  /** From now on all but those that always fail answer 200. */
  mend(): void {
    this.isMended = true;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const index = Number(request.url?.slice(1));
    const eventId = String(request.headers['x-hookstream-event-id']);
    const inbox = this.inboxes[index];
    if (!inbox) return void response.writeHead(404).end();
    inbox.requests++;
    inbox.running++;
    inbox.mostRunning = Math.max(inbox.mostRunning, inbox.running);
    if (inbox.accepted.has(eventId)) {
      inbox.duplicates++;
      inbox.duplicatesOf.set(eventId, (inbox.duplicatesOf.get(eventId) ?? 0) + 1);
    }
    response.once('close', () => inbox.running--);
    const body = await wholeBody(request);
    if (!body) return;
    this.inspect(index, request.headers, body);
    const status = await this.answer(index, inbox);
    // Whoever asked may be gone, and a hanging receiver never says anything.
    if (status === undefined || response.destroyed) return;
    if (status === 0) return void response.destroy();
    if (status === 200 && !inbox.accepted.has(eventId)) inbox.accepted.set(eventId, performance.now());
    response.writeHead(status, status === 503 ? { 'Retry-After': '1' } : {}).end();
  }

  /** @returns status, 0 to cut the connection off, undefined to say nothing */
  private async answer(index: number, { requests }: Inbox): Promise<number | undefined> {
    const passedMs = performance.now() - this.startedAt;
    switch (this.behaviours[index]) {
      case 'dead':
        return 500;
      case 'gone':
        return 410;
      case 'slow':
        await setTimeout(SLOW_MS);
        return 200;
      case 'mending':
        return this.isMended || passedMs > (this.mendedAt[index] ?? 0) ? 200 : 500;
      case 'flapping':
        if (this.isMended || Math.floor(passedMs / (this.flaps[index] ?? 1)) % 2 === 0) return 200;
        return requests % 3 === 0 ? 0 : 503;
      case 'hanging':
        return this.isMended ? 200 : undefined;
      case 'ordered':
        return !this.isMended && requests % REFUSES_ONE_IN === 0 ? 500 : 200;
      case 'fast':
        await setTimeout((requests % 5) * FAST_MS);
        return 200;
      case 'limited':
      case undefined:
        return 200;
    }
  }
}

/** @returns undefined when whoever asked is gone before its end */
async function wholeBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}
