import { setTimeout } from 'node:timers/promises';
import { Answers } from './answers.js';
import { type Random } from './random.js';

/** A sender that hears nothing for this long gives up and sends anew. */
const TIMEOUT_MS = 10_000;
/** Less patient than the api asks for (5 s), so that it is seen soon when it takes events again. */
const SEND_AGAIN_MS = 1_000;
/** Senders that wait for an answer at the same time; beyond it a beat is left out. */
const MAX_SENDERS = 300;

/** Senders of webhooks at a steady rate through all apis. What is not answered 200 is sent again as a new event. */
export class Load {
  /** Source of every event that was answered 200. */
  readonly accepted = new Map<string, number>();
  readonly answers = new Answers(200);
  /** Longest time from one 200 to the next. */
  longestPauseMs = 0;
  private lastAcceptedAt = 0;
  private sent = 0;
  private isStopping = false;
  private readonly senders = new Set<Promise<void>>();

  /**
   * @param urls of the apis
   * @param sourceIds to send to, in any order
   * @param rate events per second
   */
  constructor(
    private readonly urls: string[],
    private readonly sourceIds: string[],
    private readonly rate: number,
    private readonly random: Random,
  ) {}

  /** Sends until the time is over and everything that was begun has been answered 200. */
  async run(forMs: number): Promise<void> {
    const startedAt = performance.now();
    this.lastAcceptedAt = startedAt;
    for (let beat = 1; performance.now() - startedAt < forMs && !this.isStopping; beat++) {
      if (this.senders.size < MAX_SENDERS) this.begin(Math.floor(this.random.next() * this.sourceIds.length));
      await setTimeout(Math.max(0, startedAt + (beat * 1000) / this.rate - performance.now()));
    }
    await Promise.all(this.senders);
  }

  /** Sends nothing more, and gives up on what has not been answered. */
  stop(): void {
    this.isStopping = true;
  }

  /** Some events through each api, one after the other. @throws Error when one does not take them */
  async probe(): Promise<void> {
    for (const url of this.urls) {
      for (const source of this.sourceIds.keys()) {
        const problem = await this.post(url, source);
        if (problem) throw new Error(`${url} does not take events: ${problem}`);
      }
    }
  }

  private begin(source: number): void {
    const sender = this.send(source).finally(() => this.senders.delete(sender));
    this.senders.add(sender);
  }

  private async send(source: number): Promise<void> {
    for (let via = this.sent++; !this.isStopping; via++) {
      if (!(await this.post(this.urls[via % this.urls.length] as string, source))) return;
      await setTimeout(SEND_AGAIN_MS);
    }
  }

  /** @returns what went wrong, if anything */
  private async post(url: string, source: number): Promise<string | undefined> {
    const request = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ n: this.sent }) };
    const answer = await this.answers.ask(`${url}/v1/ingest/${this.sourceIds[source]}`, request, TIMEOUT_MS);
    if ('problem' in answer) return answer.problem;
    this.accepted.set((JSON.parse(answer.body) as { event_id: string }).event_id, source);
    const now = performance.now();
    this.longestPauseMs = Math.max(this.longestPauseMs, now - this.lastAcceptedAt);
    this.lastAcceptedAt = now;
    return undefined;
  }
}
