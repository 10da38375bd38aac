import { setTimeout } from 'node:timers/promises';
import { Answers } from './answers.js';
import { type MessageInbox } from './message-inbox.js';
import { endpointPath, type Topology } from './setup.js';

/** One in each application. */
const ROTATED_ENDPOINTS = [0, 5, 9];
const TIMEOUT_MS = 10_000;
const ROTATE_AGAIN_MS = 1_000;

/** Rotates the secrets of endpoints while things go wrong. */
export class Rotations {
  readonly answers = new Answers(200);
  private isStopping = false;

  /** @param urls of the apis */
  constructor(
    private readonly urls: string[],
    private readonly apiKey: string,
    private readonly topology: Topology,
    private readonly inbox: MessageInbox,
  ) {}

  /** Spreads the rotations over the time; settles when all have been answered. */
  async run(forMs: number): Promise<void> {
    for (const endpoint of ROTATED_ENDPOINTS) {
      await setTimeout(forMs / (ROTATED_ENDPOINTS.length + 1));
      await this.rotate(endpoint);
    }
  }

  /** Gives up on what has not been answered. */
  stop(): void {
    this.isStopping = true;
  }

  /** A rotation whose answer is lost leaves a secret that nobody knows; those before stay valid all the same. */
  private async rotate(endpoint: number): Promise<void> {
    for (let via = 0; !this.isStopping; via++) {
      const url = `${this.urls[via % this.urls.length]}/v1/${endpointPath(this.topology, endpoint)}/rotate-secret`;
      const answer = await this.answers.ask(url, { headers: { 'X-API-Key': this.apiKey } }, TIMEOUT_MS);
      if ('body' in answer) {
        return this.inbox.learn(endpoint, (JSON.parse(answer.body) as { signing_secret: string }).signing_secret);
      }
      await setTimeout(ROTATE_AGAIN_MS);
    }
  }
}
