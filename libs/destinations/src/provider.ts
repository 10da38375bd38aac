/** Everything a provider may use of one delivery. */
export interface OutgoingDelivery {
  eventId: string;
  /** Where the event came in. */
  sourceId: string;
  deliveryId: string;
  /** Number of this try, from 1. */
  attempt: number;
  /** When this try starts. */
  startedAt: Date;
  /** Headers of the webhook as it came in, lower-case names. */
  eventHeaders: Record<string, string>;
  /** Exactly what is sent. */
  body: Buffer;
  /** Whether the body is the output of a transform, no longer what came in. */
  transformed: boolean;
  /** Whether it is a sample event that somebody tries the destination out with. */
  isTest?: boolean;
}

/** What was asked, as an attempt records it. */
export interface SentRequest {
  url: string;
  method: string;
  /** Secrets masked. */
  headers: Record<string, string>;
}

/** What was answered. */
export interface ReceivedResponse {
  status: number;
  headers: Record<string, string>;
  /** At most 16 KiB. */
  body: string;
}

/** Why an attempt failed; stable names that clients may match on. */
export type FailureCause =
  | 'timeout'
  | 'connection_refused'
  | 'connection_reset'
  | 'connection_failed'
  | 'dns_failure'
  | 'tls_error'
  | 'blocked_target'
  | 'invalid_url'
  | 'protocol_error'
  | 'too_many_redirects'
  | 'response_too_large'
  | 'response_4xx'
  | 'response_5xx'
  | 'auth_rejected'
  | 'not_found'
  | 'throttled'
  | 'payload_too_large'
  | 'payload_refused'
  | 'unroutable'
  | 'no_subscriber'
  | 'transform_failed'
  | 'provider_error';

/** Whether it got there, and if not, whether trying again may help. */
export type Verdict =
  | { kind: 'delivered' }
  | { kind: 'retryable'; cause: FailureCause; message: string; retryAfterMs?: number }
  | { kind: 'permanent'; cause: FailureCause; message: string };

/** What a provider says of a try. Failure is data: nothing is thrown. */
export type ProviderOutcome = { request: SentRequest; response: ReceivedResponse | null; durationMs: number } & Verdict;

/** Sends deliveries to one destination; made ready once per change of the destination. */
export interface Provider {
  send(delivery: OutgoingDelivery): Promise<ProviderOutcome>;
  /** Ends every connection of its own. Called once, when nothing is being sent; nothing is sent afterwards. */
  close(): Promise<void>;
}
