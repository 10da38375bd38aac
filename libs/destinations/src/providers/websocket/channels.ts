/** Names that streams of the gateway itself have on the wire. */
const RESERVED = new Set(['events', 'deliveries', 'issues', 'collections']);

/** Whether destinations may deliver to a channel of this name, and clients subscribe to it. */
export function isChannelName(name: string): boolean {
  return /^[a-z0-9._-]{1,200}$/i.test(name) && !RESERVED.has(name);
}

/** Redis channel over which deliveries reach the api processes whose clients have subscribed. It keeps environments apart. */
export function streamChannel(environmentId: string, name: string): string {
  return `hookstream:stream:${environmentId}:${name}`;
}
