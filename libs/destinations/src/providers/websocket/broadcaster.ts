/** What is to reach the clients of a channel. */
export interface Broadcast {
  environmentId: string;
  channel: string;
  /** Unique among those under way. */
  key: string;
  frame: string;
  /** Whether a client must acknowledge it. */
  acknowledge: boolean;
  timeoutMs: number;
}

/**
 * `delivered` to at least one client, and acknowledged if so wanted; `nobody` has subscribed; `gone`: every client hung up
 * first; `late`: neither in time.
 */
export type Reception = 'delivered' | 'nobody' | 'gone' | 'late';

/** Reaches clients, whichever api process they are connected to. */
export interface Broadcaster {
  /** @throws Error when Redis does not take it */
  broadcast(broadcast: Broadcast): Promise<Reception>;
}
