import { once } from 'node:events';
import { WebSocket } from 'ws';
import { eventually } from './eventually.js';

/** What the gateway says to a WebSocket client. */
export interface StreamFrame {
  type: string;
  id?: string;
  channel?: string;
  error?: string;
  data?: { event_id: string; payload: string; encoding?: string; [field: string]: unknown };
  [field: string]: unknown;
}

/** A WebSocket client of an api, as a consumer would write it. */
export interface StreamClient {
  socket: WebSocket;
  /** Everything that was said, oldest first. */
  frames: StreamFrame[];
  /** The frames that carry events. */
  events(): StreamFrame[];
  say(message: unknown): void;
  /** @returns when the gateway has confirmed it */
  subscribe(channel: string): Promise<void>;
  ended: Promise<{ code: number; reason: string }>;
}

interface Options {
  headers?: Record<string, string>;
  /** Added to the URL. */
  query?: string;
  /** Whether it acknowledges what wants to be. @defaultValue true */
  acknowledges?: boolean;
  /** Whether it answers pings. @defaultValue true */
  autoPong?: boolean;
}

/**
 * Connects to `/v1/ws` and waits for the welcome.
 *
 * @throws Error that ends in the body of the answer when the gateway refuses
 */
export async function connectStream(url: string, options: Options): Promise<StreamClient> {
  const { headers, query = '', acknowledges = true, autoPong = true } = options;
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/ws${query}`, { headers, autoPong });
  const frames: StreamFrame[] = [];
  const say = (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  socket.on('message', (text: Buffer) => {
    const frame = JSON.parse(text.toString()) as StreamFrame;
    frames.push(frame);
    if (acknowledges && frame.id) say({ type: 'ack', id: frame.id });
  });
  const ended = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await opened(socket);
  await eventually(() => {
    if (frames[0]?.type !== 'welcome') throw new Error('There was no welcome.');
  });
  return {
    socket,
    frames,
    say,
    ended,
    events: () => frames.filter(({ type }) => type === 'event.delivered'),
    subscribe: async (channel) => {
      const before = frames.length;
      say({ type: 'subscribe', channel });
      await eventually(() => {
        const answer = frames.slice(before).find((frame) => frame.channel === channel || frame.type === 'error');
        if (answer?.type !== 'subscribed') throw new Error(`Not subscribed: ${JSON.stringify(answer)}`);
      });
    },
  };
}

/** Fails with what was answered instead. */
function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      void once(response, 'end').then(() => reject(new Error(Buffer.concat(chunks).toString())));
    });
  });
}
