import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { ChannelListener } from '#libs/queues';
import { type Broadcast, type Broadcaster, type Reception } from './broadcaster.js';
import { streamChannel } from './channels.js';
import { type StreamReply, writePublication } from './publication.js';

/** Publishes to the api processes whose clients have subscribed, and gathers what they reply. */
@Injectable()
export class Broadcasts implements Broadcaster {
  private readonly replyTo = `hookstream:stream-replies:${randomUUID()}`;
  private readonly underWay = new Map<string, Gathering>();
  private listening: Promise<void> | undefined;

  constructor(
    @Inject(Redis) private readonly redis: Redis,
    @Inject(ChannelListener) private readonly listener: ChannelListener,
  ) {}

  async broadcast(broadcast: Broadcast): Promise<Reception> {
    const { key, timeoutMs } = broadcast;
    const gathering = new Gathering();
    this.underWay.set(key, gathering);
    const timer = setTimeout(() => gathering.settle('late'), timeoutMs);
    try {
      return await Promise.race([gathering.reception, this.publish(broadcast, gathering)]);
    } finally {
      clearTimeout(timer);
      this.underWay.delete(key);
    }
  }

  /** Ends only with the gathering, or throws. */
  private async publish(broadcast: Broadcast, gathering: Gathering): Promise<Reception> {
    const { environmentId, channel, key, frame, acknowledge, timeoutMs } = broadcast;
    await this.listen();
    const header = { key, replyTo: this.replyTo, acknowledge, withinMs: timeoutMs };
    const receivers = await this.redis.publish(streamChannel(environmentId, channel), writePublication(header, frame));
    gathering.expect(receivers);
    return gathering.reception;
  }

  /** Once for the process; a Redis that is away then is asked again. */
  private async listen(): Promise<void> {
    this.listening ??= this.listener.listen(this.replyTo, (message) => {
      const { key, result } = JSON.parse(message.toString()) as StreamReply;
      this.underWay.get(key)?.add(result);
    });
    try {
      await this.listening;
    } catch (error) {
      this.listening = undefined;
      throw error;
    }
  }
}

/** The replies to one broadcast. The first `delivered` decides; otherwise all who got it must have replied. */
class Gathering {
  readonly reception: Promise<Reception>;
  readonly settle: (reception: Reception) => void;
  private readonly replies: StreamReply['result'][] = [];
  private expected: number | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Reception>();
    this.reception = promise;
    this.settle = resolve;
  }

  /** A reply may come before it is known how many there will be. */
  add(result: StreamReply['result']): void {
    if (result === 'delivered') this.settle('delivered');
    this.replies.push(result);
    this.settleIfComplete();
  }

  expect(replies: number): void {
    this.expected = replies;
    this.settleIfComplete();
  }

  private settleIfComplete(): void {
    if (this.expected === undefined || this.replies.length < this.expected) return;
    this.settle(this.replies.includes('gone') ? 'gone' : 'nobody');
  }
}
