import { type WebSocket } from 'ws';
import { type Principal } from '#libs/tenancy';

/** A client that leaves this much unread is too slow: a few of the largest frames. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;
const GOODBYE_MS = 1000;

/** Why a client is sent away (https://www.iana.org/assignments/websocket/websocket.xhtml). */
export const CLOSE_CODES = { goingAway: 1001, notAllowed: 1008 } as const;

/** A connected client, in the environment that it may see. */
export class StreamClient {
  readonly channels = new Set<string>();
  private isAlive = true;

  /** @param isAllowed whether what it has shown still lets it in */
  constructor(
    private readonly socket: WebSocket,
    readonly principal: Principal,
    readonly isAllowed: () => Promise<boolean>,
  ) {
    socket.on('pong', () => (this.isAlive = true));
    socket.on('message', () => (this.isAlive = true));
  }

  /** Sends a frame. @returns whether it has left this process; one that is too slow is cut off */
  send(frame: Buffer | string): Promise<boolean> {
    if (this.socket.bufferedAmount > MAX_UNREAD_BYTES) this.socket.terminate();
    return new Promise((resolve) => {
      this.socket.send(frame, { binary: false }, (error) => resolve(!error));
    });
  }

  /** Tells the client something. */
  say(message: object): void {
    void this.send(JSON.stringify(message));
  }

  /** Cuts the client off if it has not been heard of since the last time; asks for a sign of life otherwise. */
  beat(): void {
    if (!this.isAlive) return this.socket.terminate();
    this.isAlive = false;
    this.socket.ping();
  }

  /** Says goodbye; a client that does not answer is cut off. @returns when the connection has ended */
  close(code: number, reason: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.socket.terminate(), GOODBYE_MS);
      this.socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.socket.close(code, reason);
    });
  }
}
