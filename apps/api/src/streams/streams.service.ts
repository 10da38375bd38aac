import { type IncomingMessage } from 'node:http';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { Config } from '#libs/config';
import { ApiError } from '#libs/errors';
import { Log, Metrics } from '#libs/observability';
import { type Principal } from '#libs/tenancy';
import { readClientMessage } from './client-message.js';
import { StreamChannels } from './stream-channels.js';
import { CLOSE_CODES, StreamClient } from './stream-client.js';
import { type Upgrade } from './upgrades.js';

/** Of a client's message. */
const MAX_MESSAGE_BYTES = 16 * 1024;
const MAX_SUBSCRIPTIONS = 100;
/** A peer that is gone without a word is noticed after one to two of these. */
const HEARTBEAT_MS = 10_000;
const STANDING_MS = 1000;

/** The WebSocket clients of this process: takes them in, and sends them away when they are gone, not allowed or it ends. */
@Injectable()
export class StreamsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  private readonly clients = new Set<StreamClient>();
  private readonly perEnvironment = new Map<string, number>();
  private timers: NodeJS.Timeout[] = [];
  private isEnding = false;
  private isChecking = false;

  constructor(
    @Inject(Config) private readonly config: Config,
    @Inject(StreamChannels) private readonly channels: StreamChannels,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(Log) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timers = [
      setInterval(() => this.clients.forEach((client) => client.beat()), HEARTBEAT_MS),
      setInterval(() => void this.sendAwayWhoIsNotAllowed(), STANDING_MS),
    ];
  }

  /** Without this the process would wait for its clients to leave. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isEnding = true;
    this.timers.forEach(clearInterval);
    await Promise.all(
      Array.from(this.clients, (client) => client.close(CLOSE_CODES.goingAway, 'This server ends: connect again.')),
    );
  }

  /** @throws ApiError `too_many_streams`, `streams_unavailable` when there is no room for one more */
  assertRoom({ environmentId }: Principal): void {
    const { HOOKSTREAM_MAX_STREAMS, HOOKSTREAM_MAX_STREAMS_PER_ENVIRONMENT } = this.config;
    if (this.isEnding || this.clients.size >= HOOKSTREAM_MAX_STREAMS) throw new ApiError('streams_unavailable');
    const ofEnvironment = this.perEnvironment.get(environmentId) ?? 0;
    if (ofEnvironment >= HOOKSTREAM_MAX_STREAMS_PER_ENVIRONMENT) throw new ApiError('too_many_streams');
  }

  /**
   * Makes a connection a WebSocket. What is no proper request for one is refused by `ws`.
   *
   * @param isAllowed whether what the client has shown still lets it in; asked every second
   */
  open(
    request: IncomingMessage,
    { socket, head }: Upgrade,
    principal: Principal,
    isAllowed: () => Promise<boolean>,
  ): void {
    this.server.handleUpgrade(request, socket, head, (webSocket) => {
      this.take(webSocket, new StreamClient(webSocket, principal, isAllowed));
    });
  }

  private take(socket: WebSocket, client: StreamClient): void {
    const { organizationId, environmentId } = client.principal;
    this.count(client, 1);
    socket.on('error', (err) => this.log.debug({ err }, 'a WebSocket client was cut off'));
    socket.on('close', () => {
      this.count(client, -1);
      this.channels.leave(client);
    });
    socket.on('message', (data: RawData, isBinary: boolean) => void this.hear(client, data, isBinary));
    client.say({ type: 'welcome', org_id: organizationId, env_id: environmentId });
  }

  private count(client: StreamClient, by: 1 | -1): void {
    const { environmentId } = client.principal;
    const left = (this.perEnvironment.get(environmentId) ?? 0) + by;
    if (left > 0) this.perEnvironment.set(environmentId, left);
    else this.perEnvironment.delete(environmentId);
    if (by > 0) this.clients.add(client);
    else this.clients.delete(client);
    this.metrics.streams.set(this.clients.size);
  }

  private async hear(client: StreamClient, data: RawData, isBinary: boolean): Promise<void> {
    // With its default binaryType `ws` gives Buffers.
    const message = readClientMessage(isBinary ? '' : (data as Buffer).toString());
    switch (message.type) {
      case 'subscribe':
        return this.subscribe(client, message.channel);
      case 'unsubscribe':
        this.channels.unsubscribe(client, message.channel);
        return client.say({ type: 'unsubscribed', channel: message.channel });
      case 'ack':
        return this.channels.acknowledge(client, message.id);
      case 'invalid':
        return client.say({ type: 'error', error: message.error });
    }
  }

  private async subscribe(client: StreamClient, channel: string): Promise<void> {
    if (client.channels.size >= MAX_SUBSCRIPTIONS && !client.channels.has(channel)) {
      return client.say({ type: 'error', error: `A client may subscribe to ${MAX_SUBSCRIPTIONS} channels.`, channel });
    }
    try {
      await this.channels.subscribe(client, channel);
      client.say({ type: 'subscribed', channel });
    } catch (err) {
      this.log.warn({ err }, 'a client could not subscribe');
      this.channels.unsubscribe(client, channel);
      client.say({ type: 'error', error: 'The subscription failed; try again.', channel });
    }
  }

  private async sendAwayWhoIsNotAllowed(): Promise<void> {
    if (this.isChecking) return;
    this.isChecking = true;
    await Promise.all(
      Array.from(this.clients, async (client) => {
        // A check that cannot be made says nothing against anybody.
        const isAllowed = await client.isAllowed().catch(() => true);
        if (!isAllowed) void client.close(CLOSE_CODES.notAllowed, 'The key or session is no longer valid.');
      }),
    );
    this.isChecking = false;
  }
}
