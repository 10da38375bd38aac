import { expect } from '@jest/globals';
import { eventually, type Hookstream, type Received, type Receiver } from '#libs/testing';

/** An endpoint with its secret, and the path where it gets messages. */
export interface OpenEndpoint {
  id: string;
  signing_secret: string;
  public_key: string | null;
  path: string;
}

/** An application with endpoints at a receiver, each at a path of its own. */
export class Outbox {
  private static made = 0;
  /** When each message began to be posted, by `performance.now()`. */
  readonly postedAt = new Map<string, number>();

  private constructor(
    readonly hookstream: Hookstream,
    readonly receiver: Receiver,
    readonly app: string,
  ) {}

  static async open(hookstream: Hookstream, receiver: Receiver): Promise<Outbox> {
    const uid = `outbox-${++Outbox.made}`;
    await hookstream.call('POST', '/v1/applications', { name: uid, uid });
    if (Outbox.made === 1) await hookstream.call('POST', '/v1/event-types', { name: 'invoice.paid' });
    return new Outbox(hookstream, receiver, uid);
  }

  async endpoint(fields: object = {}): Promise<OpenEndpoint> {
    const path = `/${this.app}-${++Outbox.made}`;
    const body = { url: this.receiver.url + path, ...fields };
    const { endpoint } = await this.hookstream.call<{ endpoint: OpenEndpoint }>('POST', this.pathOf(), body);
    return { ...endpoint, path };
  }

  /** Of its endpoints, or of one. */
  pathOf(endpoint?: { id: string }): string {
    return `/v1/applications/${this.app}/endpoints${endpoint ? `/${endpoint.id}` : ''}`;
  }

  /** @returns the new secret */
  async rotate(endpoint: { id: string }, body: object = {}): Promise<string> {
    const path = `${this.pathOf(endpoint)}/rotate-secret`;
    return (await this.hookstream.call<{ signing_secret: string }>('POST', path, body)).signing_secret;
  }

  /** @returns the message's id */
  async post(): Promise<string> {
    const at = performance.now();
    const path = `/v1/applications/${this.app}/messages`;
    const body = { event_type: 'invoice.paid', payload: { id: 'inv_1' } };
    const { message } = await this.hookstream.call<{ message: { id: string } }>('POST', path, body);
    this.postedAt.set(message.id, at);
    return message.id;
  }

  /** Posts one message after the other, in several lanes. @returns ends it */
  postAllTheTime(lanes = 4): () => Promise<void> {
    let isOver = false;
    const lane = async () => {
      while (!isOver) await this.post();
    };
    const running = Promise.all(Array.from({ length: lanes }, lane));
    return async () => {
      isOver = true;
      await running;
    };
  }

  /** What has come in for an endpoint. */
  received({ path }: OpenEndpoint): Received[] {
    return this.receiver.requests.filter(({ url }) => url === path);
  }

  /** Waits until every message that was posted has come in. */
  async arrived(endpoint: OpenEndpoint): Promise<Received[]> {
    return eventually(() => {
      const received = this.received(endpoint);
      expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(this.postedAt.keys()));
      return Promise.resolve(received);
    }, 30_000);
  }
}
