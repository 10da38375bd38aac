import { setTimeout } from 'node:timers/promises';
import { Answers } from './answers.js';
import { type Addressed, APPLICATIONS, CHANNELS, EVENT_TYPES } from './applications.js';
import { type Random } from './random.js';

/** A sender that hears nothing for this long gives up and posts again. */
const TIMEOUT_MS = 10_000;
const POST_AGAIN_MS = 1_000;
/** Messages that wait for an answer at the same time; beyond it a beat is left out. */
const MAX_SENDERS = 100;
/** Every so many a message is posted twice at the same time, through both apis. */
const TWICE_EVERY = 4;
/** Every so many a message is text that is no JSON. */
const TEXT_EVERY = 5;

/** A message as it was posted. */
export interface PostedMessage extends Addressed {
  /** Exactly what receivers must get. */
  text: string;
}

/** Senders of messages. Each names its message and posts it again, the same in everything, until it is answered 201. */
export class MessageLoad {
  /** By the id that was answered. */
  readonly accepted = new Map<string, PostedMessage>();
  readonly answers = new Answers(201);
  /** Names that were answered with two ids. */
  readonly doubled: string[] = [];
  private posted = 0;
  private isStopping = false;
  private readonly senders = new Set<Promise<unknown>>();

  /**
   * @param urls of the apis
   * @param rate messages per second
   */
  constructor(
    private readonly urls: string[],
    private readonly apiKey: string,
    private readonly rate: number,
    private readonly random: Random,
  ) {}

  /** Posts until the time is over and everything that was begun has been answered 201. */
  async run(forMs: number): Promise<void> {
    const startedAt = performance.now();
    for (let beat = 1; performance.now() - startedAt < forMs && !this.isStopping; beat++) {
      if (this.senders.size < MAX_SENDERS) this.begin(Math.floor(this.random.next() * APPLICATIONS));
      await setTimeout(Math.max(0, startedAt + (beat * 1000) / this.rate - performance.now()));
    }
    await Promise.all(this.senders);
  }

  /** Posts nothing more, and gives up on what has not been answered. */
  stop(): void {
    this.isStopping = true;
  }

  /** A message of each application. @returns their ids */
  async probe(): Promise<string[]> {
    const ids: (string | undefined)[] = [];
    for (let application = 0; application < APPLICATIONS; application++) ids.push(await this.send(application));
    return ids.filter((id) => id !== undefined);
  }

  private begin(application: number): void {
    const sender = this.send(application).finally(() => this.senders.delete(sender));
    this.senders.add(sender);
  }

  /** @returns the id of the message, or undefined when it was given up */
  private async send(application: number): Promise<string | undefined> {
    const n = this.posted++;
    const eventType = this.random.pick(EVENT_TYPES);
    const channels = CHANNELS.filter(() => this.random.next() < 0.5);
    const [text, member] = payloadOf(n);
    const message: PostedMessage = { application, eventType, channels, text };
    const names = { event_id: n % 3 !== 1, key: n % 3 !== 0 };
    const request = {
      headers: {
        'X-API-Key': this.apiKey,
        'Content-Type': 'application/json',
        ...(names.key && { 'Idempotency-Key': `key-${n}` }),
      },
      body:
        `{"event_type": "${eventType}", "payload": ${member}, "channels": ${JSON.stringify(channels)}` +
        `${names.event_id ? `, "event_id": "event-${n}"` : ''}}`,
    };
    const copies = n % TWICE_EVERY === 0 ? 2 : 1;
    const posts = Array.from({ length: copies }, (_, copy) => this.post(application, request, n + copy));
    const ids = new Set((await Promise.all(posts)).filter((id) => id !== undefined));
    if (ids.size > 1) this.doubled.push(`${n}: ${[...ids].join(', ')}`);
    for (const id of ids) this.accepted.set(id, message);
    return [...ids][0];
  }

  private async post(application: number, request: RequestInit, firstVia: number): Promise<string | undefined> {
    for (let via = firstVia; !this.isStopping; via++) {
      const url = `${this.urls[via % this.urls.length]}/v1/applications/${applicationUid(application)}/messages`;
      const answer = await this.answers.ask(url, request, TIMEOUT_MS);
      if ('body' in answer) return (JSON.parse(answer.body) as { message: { id: string } }).message.id;
      await setTimeout(POST_AGAIN_MS);
    }
    return undefined;
  }
}

export const applicationUid = (number: number) => `application-${number}`;

/** No two messages have the same. @returns what receivers must get, and how it stands in the request */
function payloadOf(n: number): [text: string, member: string] {
  if (n % TEXT_EVERY === 0) {
    const text = `no {JSON:\n"${n}" é`;
    return [text, JSON.stringify(text)];
  }
  const json = `{ "n": ${n},\t"amount": 42.50,\n "big": 12345678901234567890, "é": "\\u00e9\\/" }`;
  return [json, json];
}
