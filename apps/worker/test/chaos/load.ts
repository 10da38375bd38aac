import { setTimeout } from 'node:timers/promises';
import { type Random } from './random.js';

/** A sender that hears nothing for this long gives up and sends anew. */
const TIMEOUT_MS = 10_000;
/** Less patient than the api asks for (5 s), so that it is seen soon when it takes events again. */
const SEND_AGAIN_MS = 1_000;
/** Senders that wait for an answer at the same time; beyond it a beat is left out. */
const MAX_SENDERS = 300;
const EXAMPLES = 3;

/** What the apis answered. */
export interface Answers {
  byStatus: Record<string, number>;
  /** 503s without Retry-After. */
  withoutRetryAfter: number;
  /** No answer, by reason. */
  failures: Record<string, number>;
  /** Answers that must not come, some of them. */
  unexpected: string[];
}

/** Senders of webhooks at a steady rate through all apis. What is not answered 200 is sent again as a new event. */
export class Load {
  /** Source of every event that was answered 200. */
  readonly accepted = new Map<string, number>();
  readonly answers: Answers = { byStatus: {}, withoutRetryAfter: 0, failures: {}, unexpected: [] };
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
    try {
      const response = await fetch(`${url}/v1/ingest/${this.sourceIds[source]}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ n: this.sent }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      return this.note(response, text, source);
    } catch (error) {
      const reason = reasonOf(error as Error);
      this.answers.failures[reason] = (this.answers.failures[reason] ?? 0) + 1;
      return reason;
    }
  }

  private note(response: Response, text: string, source: number): string | undefined {
    const { byStatus, unexpected } = this.answers;
    byStatus[response.status] = (byStatus[response.status] ?? 0) + 1;
    if (response.status === 200) {
      this.accepted.set((JSON.parse(text) as { event_id: string }).event_id, source);
      const now = performance.now();
      this.longestPauseMs = Math.max(this.longestPauseMs, now - this.lastAcceptedAt);
      this.lastAcceptedAt = now;
      return undefined;
    }
    const hasRetryAfter = response.headers.has('retry-after');
    if (response.status === 503 && !hasRetryAfter) this.answers.withoutRetryAfter++;
    if ((response.status !== 503 || !hasRetryAfter) && unexpected.length < EXAMPLES) {
      unexpected.push(`${new Date().toISOString()} ${response.status} ${text}`);
    }
    return `${response.status} ${text}`;
  }
}

/** `fetch failed` says little; the code of its cause does. */
function reasonOf(error: Error): string {
  const cause = error.cause as { code?: string } | undefined;
  return cause?.code ?? error.name;
}
