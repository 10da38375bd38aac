import { type Socket } from 'node:net';
import { type ChannelModel, type ConfirmChannel, connect, type Message } from 'amqplib';
import { type TargetGuard, type TlsIdentity } from '#libs/http-client';
import { type Verdict } from '../../provider.js';
import { DELIVERED } from '../verdicts.js';
import { judgeAmqpError, refusedBytes } from './amqp-errors.js';
import { type BrokerAddress } from './broker-url.js';
import { type MessageProperties } from './message.js';
import { unroutable } from './unroutable.js';

/** After twice this long without a sign of life the broker counts as gone. */
const HEARTBEAT_S = 15;
const GOODBYE_MS = 2_000;

export interface AmqpLogin extends BrokerAddress {
  vhost: string;
  username: string;
  password: string;
  tls: TlsIdentity;
}

/** One message to publish. */
export interface Publication {
  exchange: string;
  routingKey: string;
  /** Unique among those under way; tells which message the broker returns. */
  key: string;
  body: Buffer;
  properties: MessageProperties;
}

const KEY_HEADER = 'hookstream-delivery-id';

/** One connection with one channel in confirm mode. It ends with its first error; the next link is a new one. */
export class AmqpLink {
  private readonly waiting = new Map<string, { bytes: number; settle: (verdict: Verdict) => void }>();
  private ended: Verdict | undefined;
  private goodbye: Promise<void> | undefined;

  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: ConfirmChannel,
  ) {
    const fail = (error: Error) => this.end(judgeAmqpError(error), refusedBytes(error));
    for (const emitter of [connection, channel]) {
      emitter.on('error', fail);
      emitter.on('close', () => fail(new Error('Socket closed')));
    }
    // A message that no queue takes comes back before it is confirmed.
    channel.on('return', (message: Message) => this.settle(keyOf(message), unroutable()));
  }

  /** @throws BlockedTargetError, or what the socket, TLS or the broker says against it */
  static async open(login: AmqpLogin, guard: TargetGuard, timeoutMs: number): Promise<AmqpLink> {
    const { vhost, tls, ...rest } = login;
    const socket = { ...tls, lookup: guard.lookupFor(login.hostname), timeout: timeoutMs, noDelay: true };
    const connection = await connect({ ...rest, vhost: encodeURIComponent(vhost), heartbeat: HEARTBEAT_S }, socket);
    // Until the link takes over; without a listener an error would end the process.
    connection.on('error', ignore);
    try {
      return new AmqpLink(connection, await connection.createConfirmChannel());
    } catch (error) {
      await disconnect(connection);
      throw error;
    }
  }

  /** Whether anything can be published through it. */
  get isOpen(): boolean {
    return !this.ended;
  }

  /** Resolves when the broker has confirmed or returned the message, the link has ended, or after `timeoutMs`. */
  publish({ exchange, routingKey, key, body, properties }: Publication, timeoutMs: number): Promise<Verdict> {
    if (this.ended) return Promise.resolve(this.ended);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.settle(key, NOT_IN_TIME), timeoutMs);
      const settle = (verdict: Verdict) => {
        clearTimeout(timer);
        resolve(verdict);
      };
      this.waiting.set(key, { bytes: body.length, settle });
      const headers = { ...properties.headers, [KEY_HEADER]: key };
      const options = { ...properties, headers, persistent: true, mandatory: true };
      const confirmed = (error: unknown) => this.settle(key, error ? NOT_CONFIRMED : DELIVERED);
      try {
        this.channel.publish(exchange, routingKey, body, options, confirmed);
      } catch (error) {
        this.settle(key, judgeAmqpError(error as Error));
      }
    });
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    this.end({ kind: 'retryable', cause: 'connection_failed', message: 'The connection is closed.' });
    await this.goodbye;
  }

  private settle(key: string, verdict: Verdict): void {
    this.waiting.get(key)?.settle(verdict);
    this.waiting.delete(key);
  }

  /**
   * A message that the broker refuses takes the channel with it, and all that are under way: they are not to blame.
   *
   * @param culpritBytes size of the message that was refused
   */
  private end(verdict: Verdict, culpritBytes?: number): void {
    if (this.ended) return;
    const ofOthers = verdict.kind === 'permanent' ? CUT_OFF : verdict;
    this.ended = ofOthers;
    for (const [key, { bytes }] of [...this.waiting]) this.settle(key, bytes === culpritBytes ? verdict : ofOthers);
    // A channel can end without its connection.
    this.goodbye = disconnect(this.connection);
  }
}

/** Says goodbye; a broker that does not answer is left without. */
async function disconnect(connection: ChannelModel): Promise<void> {
  // amqplib has no other way to end a connection at once; without an error it would go on with its heartbeats.
  const { stream } = connection.connection as unknown as { stream: Socket };
  const timer = setTimeout(() => stream.destroy(new Error('Unexpected close')), GOODBYE_MS);
  const gone = new Promise((resolve) => stream.once('close', resolve));
  await Promise.race([connection.close().catch(ignore), gone]);
  clearTimeout(timer);
  // A peer that never ends its side would keep the socket half open.
  stream.destroy();
}

const CUT_OFF: Verdict = {
  kind: 'retryable',
  cause: 'connection_reset',
  message: 'The broker closed the channel because of another message.',
};

const NOT_IN_TIME: Verdict = {
  kind: 'retryable',
  cause: 'timeout',
  message: 'The broker did not confirm the message in time.',
};

const NOT_CONFIRMED: Verdict = {
  kind: 'retryable',
  cause: 'provider_error',
  message: 'The broker did not take the message (nack).',
};

function keyOf(message: Message): string {
  return String(message.properties.headers?.[KEY_HEADER]);
}

function ignore(): void {
  // The connection has ended already.
}
