import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Log } from '#libs/observability';
import { logged } from './redis.js';

type Handler = (message: Buffer) => void;

/**
 * Listens to Redis channels, over one connection that is made when it is first needed. What is published while Redis is away is
 * lost: whoever waits for a message needs a time limit.
 */
@Injectable()
export class ChannelListener implements OnApplicationShutdown {
  private readonly handlers = new Map<string, Handler>();
  private subscriber: Redis | undefined;

  constructor(
    @Inject(Redis) private readonly redis: Redis,
    @Inject(Log) private readonly log: Log,
  ) {}

  /**
   * Hands over what is published from now on. A channel has one handler at a time.
   *
   * @returns when Redis has heard of it
   */
  async listen(channel: string, handler: Handler): Promise<void> {
    this.handlers.set(channel, handler);
    this.subscriber ??= this.connect();
    await this.subscriber.subscribe(channel);
  }

  /** Hands over nothing more. */
  stop(channel: string): void {
    this.handlers.delete(channel);
    this.subscriber?.unsubscribe(channel).catch((err: unknown) => {
      this.log.warn({ err, channel }, 'a channel is still listened to');
    });
  }

  onApplicationShutdown(): void {
    this.subscriber?.disconnect();
  }

  private connect(): Redis {
    const subscriber = this.redis.duplicate({ maxRetriesPerRequest: null });
    subscriber.on('error', logged(this.log, 'channels'));
    subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) =>
      this.handlers.get(channel.toString())?.(message),
    );
    return subscriber;
  }
}
