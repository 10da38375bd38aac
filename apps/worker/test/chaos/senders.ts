import { Load } from './load.js';
import { type MessageInbox } from './message-inbox.js';
import { MessageLoad } from './message-load.js';
import { type Random } from './random.js';
import { Rotations } from './rotations.js';
import { type Topology } from './setup.js';

const EVENTS_PER_SECOND = 50;
/** Each goes to about three endpoints. */
const MESSAGES_PER_SECOND = 8;

/** Everyone who calls the apis while things go wrong. */
export class Senders {
  readonly load: Load;
  readonly messages: MessageLoad;
  private readonly rotations: Rotations;

  /** @param urls of the apis */
  constructor(urls: string[], apiKey: string, topology: Topology, inbox: MessageInbox, random: Random) {
    this.load = new Load(urls, topology.sourceIds, EVENTS_PER_SECOND, random);
    this.messages = new MessageLoad(urls, apiKey, MESSAGES_PER_SECOND, random);
    this.rotations = new Rotations(urls, apiKey, topology, inbox);
  }

  /** Sends until the time is over and everything that was begun has been answered. */
  async run(forMs: number): Promise<void> {
    await Promise.all([this.load, this.messages, this.rotations].map((sender) => sender.run(forMs)));
  }

  /** Sends nothing more, and gives up on what has not been answered. */
  stop(): void {
    for (const sender of [this.load, this.messages, this.rotations]) sender.stop();
  }

  /** Some events and messages when all is well again. @returns ids of the messages */
  async probe(): Promise<Set<string>> {
    await this.load.probe();
    return new Set(await this.messages.probe());
  }

  /** Answers that must not come. */
  get problems(): string[] {
    return [this.load, this.messages, this.rotations].flatMap(({ answers: { unexpected, wanted } }) =>
      unexpected.map((answer) => `an api answered something else than ${wanted}, or 503 with Retry-After: ${answer}`),
    );
  }
}
