import { type IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { ENDPOINTS, receiverOf } from './applications.js';

/** A request that an endpoint got. */
export interface ReceivedMessage {
  /** Number of the endpoint. */
  endpoint: number;
  /** Of the message: the `webhook-id`. */
  id: string;
  text: string;
  /** Whether it verifies with each secret of the endpoint that was known then, the first one first. */
  verifies: boolean[];
}

/** What endpoints got, verified as it came with the library that their owners would use. */
export class MessageInbox {
  readonly received: ReceivedMessage[] = [];

  private readonly secrets: string[][] = ENDPOINTS.map(() => []);

  /** @param secret that what the endpoint gets from now on must verify with */
  learn(endpoint: number, secret: string): void {
    this.secrets[endpoint]?.push(secret);
  }

  /** @param receiver number of the receiver; what destinations get is none of its business */
  readonly inspect = (receiver: number, headers: IncomingHttpHeaders, body: Buffer): void => {
    const endpoint = receiver - receiverOf(0);
    if (endpoint < 0) return;
    const text = body.toString('utf8');
    const verifies = (this.secrets[endpoint] ?? []).map((secret) => isSigned(secret, headers, text));
    this.received.push({ endpoint, id: String(headers['webhook-id']), text, verifies });
  };
}

function isSigned(secret: string, headers: IncomingHttpHeaders, text: string): boolean {
  try {
    // A message may be no JSON.
    new Webhook(secret).verify(text, headers as Record<string, string>, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
