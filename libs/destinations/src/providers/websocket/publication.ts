/** What an api process is told besides the frame that its clients get. */
export interface PublicationHeader {
  /** Names the try; an acknowledging client sends it back. */
  key: string;
  /** Redis channel for the {@link StreamReply}. */
  replyTo: string;
  /** Whether a client must acknowledge the frame for it to count. */
  acknowledge: boolean;
  /** How long a reply is waited for. */
  withinMs: number;
}

/**
 * What came of a publication in one api process, which replies once: `delivered` as soon as a client has taken (or
 * acknowledged) the frame, `nobody` when none has subscribed, `gone` when every client hung up first.
 */
export interface StreamReply {
  key: string;
  result: 'delivered' | 'nobody' | 'gone';
}

const NEW_LINE = 0x0a;

/** A line of JSON and the frame as it goes to clients, so that what is large is encoded once. */
export function writePublication(header: PublicationHeader, frame: string): Buffer {
  return Buffer.from(`${JSON.stringify(header)}\n${frame}`);
}

/** @param message made by {@link writePublication} */
export function readPublication(message: Buffer): { header: PublicationHeader; frame: Buffer } {
  const end = message.indexOf(NEW_LINE);
  const header = JSON.parse(message.toString('utf8', 0, end)) as PublicationHeader;
  return { header, frame: message.subarray(end + 1) };
}
