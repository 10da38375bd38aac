/** One HTTP exchange to run. */
export interface HttpRequest {
  /** Absolute http or https URL without user info. */
  url: string;
  method: string;
  /**
   * Sent as they are. `content-length`, `connection` and, unless given, `host` are added; hop-by-hop headers and another
   * `content-length` make the outcome a `protocol_error`.
   */
  headers: Record<string, string>;
  /** Sent byte for byte. */
  body: Buffer | string | null;
  /** Time allowed for the whole exchange: waiting for a connection, connecting, TLS, sending, headers and body. */
  timeoutMs: number;
}

/** What became of an {@link HttpRequest}. Any status is a response, redirects included: they are never followed. */
export type HttpOutcome =
  | {
      kind: 'response';
      status: number;
      /** Names in lower case; repeated headers are joined with `, `. */
      headers: Record<string, string>;
      /** The first 16 KiB, still compressed if the receiver compressed it. */
      body: Buffer;
      /** Whether the receiver sent more than {@link body} holds. */
      bodyTruncated: boolean;
      durationMs: number;
    }
  | {
      kind: 'error';
      cause: HttpErrorCause;
      /** A sentence for the tenant: no URL, no addresses, no secrets. */
      message: string;
      durationMs: number;
    };

/** Why there is no response. `connection_failed` is what no other cause describes, such as an unreachable network. */
export type HttpErrorCause =
  | 'timeout'
  | 'connection_refused'
  | 'connection_reset'
  | 'dns_failure'
  | 'tls_error'
  | 'blocked_target'
  | 'response_too_large'
  | 'invalid_url'
  | 'protocol_error'
  | 'connection_failed';
