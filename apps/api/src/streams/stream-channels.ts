import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { readPublication, streamChannel, type StreamReply } from '#libs/destinations';
import { Log } from '#libs/observability';
import { ChannelListener } from '#libs/queues';
import { type StreamClient } from './stream-client.js';

/** A channel that clients of this process have subscribed to. */
interface Channel {
  clients: Set<StreamClient>;
  /** When Redis has heard that this process listens. */
  ready: Promise<void>;
}

/** A frame of which it is not decided yet whether a client has taken it. */
interface Pending {
  replyTo: string;
  /** Those from whom it may still be heard. */
  clients: Set<StreamClient>;
  timer: NodeJS.Timeout;
}

/** Who of this process' clients has subscribed to what, and hands on what workers publish. */
@Injectable()
export class StreamChannels {
  /** By Redis channel. */
  private readonly channels = new Map<string, Channel>();
  private readonly pending = new Map<string, Pending>();

  constructor(
    @Inject(Redis) private readonly redis: Redis,
    @Inject(ChannelListener) private readonly listener: ChannelListener,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** @returns when nothing that is published from now on will be missed */
  async subscribe(client: StreamClient, name: string): Promise<void> {
    const key = streamChannel(client.principal.environmentId, name);
    client.channels.add(name);
    const known = this.channels.get(key);
    known?.clients.add(client);
    const channel = known ?? {
      clients: new Set([client]),
      ready: this.listener.listen(key, (message) => {
        this.handOn(key, message).catch((err: unknown) => this.log.error({ err }, 'an event was not handed on'));
      }),
    };
    this.channels.set(key, channel);
    await channel.ready;
  }

  unsubscribe(client: StreamClient, name: string): void {
    const key = streamChannel(client.principal.environmentId, name);
    client.channels.delete(name);
    const channel = this.channels.get(key);
    if (!channel?.clients.delete(client) || channel.clients.size > 0) return;
    this.channels.delete(key);
    this.listener.stop(key);
  }

  /** Takes note that a client has acknowledged a frame. One that was not sent to it, or is late, is passed over. */
  acknowledge(client: StreamClient, key: string): void {
    if (this.pending.get(key)?.clients.has(client)) this.settle(key, 'delivered');
  }

  /** Forgets a client that has gone. */
  leave(client: StreamClient): void {
    for (const name of client.channels) this.unsubscribe(client, name);
    for (const key of this.pending.keys()) this.giveUp(client, key);
  }

  /** One reply to the worker, whatever happens. */
  private async handOn(channel: string, message: Buffer): Promise<void> {
    const { header, frame } = readPublication(message);
    const { key, replyTo, acknowledge, withinMs } = header;
    const clients = new Set(this.channels.get(channel)?.clients);
    if (clients.size === 0) return this.reply(replyTo, { key, result: 'nobody' });
    const timer = setTimeout(() => this.pending.delete(key), withinMs).unref();
    this.pending.set(key, { replyTo, clients, timer });
    await Promise.all(
      Array.from(clients, async (client) => {
        const isSent = await client.send(frame);
        if (!isSent) this.giveUp(client, key);
        else if (!acknowledge) this.settle(key, 'delivered');
      }),
    );
  }

  private giveUp(client: StreamClient, key: string): void {
    const pending = this.pending.get(key);
    if (pending?.clients.delete(client) && pending.clients.size === 0) this.settle(key, 'gone');
  }

  private settle(key: string, result: StreamReply['result']): void {
    const pending = this.pending.get(key);
    if (!pending) return;
    clearTimeout(pending.timer);
    this.pending.delete(key);
    this.reply(pending.replyTo, { key, result });
  }

  /** Not awaited: a reply that is lost costs the worker its time limit. */
  private reply(replyTo: string, reply: StreamReply): void {
    this.redis.publish(replyTo, JSON.stringify(reply)).catch((err: unknown) => {
      this.log.warn({ err }, 'a worker could not be told what came of an event');
    });
  }
}
