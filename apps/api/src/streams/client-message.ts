import { isChannelName } from '#libs/destinations';

/** What a client may say. */
export type ClientMessage =
  | { type: 'subscribe' | 'unsubscribe'; channel: string }
  | { type: 'ack'; id: string }
  /** @param error a sentence for the client */
  | { type: 'invalid'; error: string };

/** Reads a message of a client, which may be anything. */
export function readClientMessage(text: string): ClientMessage {
  const message = parsed(text);
  if (!message) return invalid('A message must be a JSON object.');
  const { type, channel, id } = message;
  switch (type) {
    case 'subscribe':
    case 'unsubscribe':
      return typeof channel === 'string' && isChannelName(channel)
        ? { type, channel }
        : invalid('channel must be the channel_name of a destination: letters, digits, dots, dashes and underscores.');
    case 'ack':
      return typeof id === 'string' ? { type, id } : invalid('id must be the id of a frame.');
    default:
      return invalid('type must be subscribe, unsubscribe or ack.');
  }
}

function invalid(error: string): ClientMessage {
  return { type: 'invalid', error };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
