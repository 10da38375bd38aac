import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import { checkRequest } from './check-request.js';
import { HttpExchange } from './http-exchange.js';
import { type HttpErrorCause, type HttpOutcome, type HttpRequest } from './http-outcome.js';
import { parseHttpUrl } from './http-url.js';
import { OriginPools } from './origin-pools.js';
import { BlockedTargetError, type TargetGuard } from './target-guard.js';

export interface HttpClientOptions {
  /** Judges every address before it is connected to. */
  guard: TargetGuard;
  /**
   * Most connections held to one origin. A request that finds none free waits, and the wait counts towards its time-out, so this
   * should not be smaller than the admission window of a destination.
   * @defaultValue 128
   */
  connectionsPerOrigin?: number;
  /** Whom to trust and who we are, beside what everybody has. */
  tls?: TlsIdentity;
}

/** Everything as PEM. */
export interface TlsIdentity {
  /** Trusted instead of the well-known authorities. */
  ca?: string;
  /** Shown to servers that ask for one (mutual TLS), with its key. */
  cert?: string;
  key?: string;
}

/**
 * Also the longest that an exchange which timed out while connecting stays in undici's queue; requests that allow themselves more still
 * end here, since a SYN that was lost has been sent again after 1, 3 and 7 s.
 */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Calls targets that tenants chose. Never throws: every failure is an outcome. Never follows redirects, never decompresses, reads at most
 * 1 MiB of a response.
 *
 * Connections are kept alive, at 16 µs a request against 138 for a new connection each. A receiver may close a connection in the moment it
 * is used again; a POST is not idempotent, so undici does not send it twice and the outcome is `connection_reset`, which the caller retries.
 * To make that rare, a connection is dropped after 4 s idle (Node's servers close after 5 s, most others later), or 2 s
 * before the receiver's own `Keep-Alive: timeout` hint, and undici looks for a FIN that has arrived before it writes. A connection to an
 * origin that is not called any more is closed, and after a minute its pool is forgotten.
 */
export class HttpClient {
  private readonly pools: OriginPools;
  private underWay = 0;
  private onIdle: (() => void) | undefined;
  private closing: Promise<void> | undefined;

  constructor({ guard, connectionsPerOrigin = 128, tls = {} }: HttpClientOptions) {
    this.pools = new OriginPools({
      connect: guardedConnector(guard, tls),
      connections: connectionsPerOrigin,
      allowH2: false,
      keepAliveTimeout: 4_000,
      keepAliveTimeoutThreshold: 2_000,
      // A hint may ask for longer, but not for ever: an idle connection holds on to the address it was opened to.
      keepAliveMaxTimeout: 30_000,
      // The exchange has one timer for everything.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Runs one exchange. Resolves with its outcome, at the latest after `timeoutMs`; never rejects. */
  send({ url, method, headers, body, timeoutMs }: HttpRequest): Promise<HttpOutcome> {
    const target = parseHttpUrl(url);
    if ('problem' in target) return refusal('invalid_url', `The URL ${target.problem}.`);
    const problem = checkRequest(method, headers);
    if (problem) return refusal('protocol_error', problem);
    if (this.closing) return refusal('connection_failed', 'The HTTP client is closed.');

    const { origin, pathname, search } = target.url;
    return new Promise((resolve) => {
      this.underWay += 1;
      const exchange = new HttpExchange(timeoutMs, (outcome) => {
        this.underWay -= 1;
        if (this.underWay === 0) this.onIdle?.();
        resolve(outcome);
      });
      this.pools.get(origin).dispatch({ path: pathname + search, method, headers, body }, exchange);
    });
  }

  /** Waits for the exchanges under way, then closes every connection. Later sends end as `connection_failed`. */
  close(): Promise<void> {
    return (this.closing ??= this.finish());
  }

  /** Not by undici's own close(), which would also wait for exchanges that have timed out but are still in its queues. */
  private async finish(): Promise<void> {
    if (this.underWay > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
    await this.pools.destroy();
  }
}

function refusal(cause: HttpErrorCause, message: string): Promise<HttpOutcome> {
  return Promise.resolve({ kind: 'error', cause, message, durationMs: 0 });
}

/** Connects only to addresses the guard lets through: host names by its lookup, IP addresses, for which Node asks no lookup, here. */
function guardedConnector(guard: TargetGuard, tls: TlsIdentity): buildConnector.connector {
  const connect = buildConnector({ ...tls, allowH2: false, timeout: CONNECT_TIMEOUT_MS, lookup: guard.lookup });
  return (options, callback) => {
    if (isIP(options.hostname) !== 0 && guard.isBlocked(options.hostname)) {
      // Not at once: undici is in the middle of queueing the request that asked.
      queueMicrotask(() => callback(new BlockedTargetError(), null));
    } else {
      connect(options, callback);
    }
  };
}
