import { type Dispatcher } from 'undici';
import { describeError } from './http-error.js';
import { type HttpErrorCause, type HttpOutcome } from './http-outcome.js';

/** Kept for the attempt's record. */
const KEPT_BODY_BYTES = 16 * 1024;
/** Read so that the connection can be used again; a larger body is cheaper to cut off than to drain. */
const MAX_BODY_BYTES = 1024 * 1024;

const NO_BODY = Buffer.alloc(0);
/** Never seen outside: the exchange has its outcome before undici is told to drop it. */
const ABANDONED = new Error('The exchange is over.');

/**
 * One request on its way through undici, and the only owner of its outcome: the first of response, error and time-out counts.
 *
 * A plain `setTimeout` is the cheapest time-out that covers everything (0.3–0.9 µs; Node keeps timers of one duration in a
 * linked list, and destinations share few durations). `AbortSignal.timeout` costs 8 µs, and undici's own time-outs start only once
 * a connection is there and start again with each byte of the body.
 */
export class HttpExchange implements Dispatcher.DispatchHandler {
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private controller: Dispatcher.DispatchController | undefined;
  private settled = false;
  private status = 0;
  private headers: Record<string, string> = {};
  private readonly keptChunks: Buffer[] = [];
  private bodyBytes = 0;

  constructor(
    private readonly timeoutMs: number,
    private readonly resolve: (outcome: HttpOutcome) => void,
  ) {
    this.timer = setTimeout(endInTime, timeoutMs, this);
  }

  /** A connection is free and the request is about to be written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    // undici cannot drop a request that waits for a connection. Throwing here keeps it from being written and leaves the connection
    // to the next request; controller.abort() would destroy it.
    if (this.settled) throw ABANDONED;
    this.controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 103 Early Hints and the like: the response is still to come.
    if (status < 200) return;
    this.status = status;
    this.headers = joinRepeated(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = KEPT_BODY_BYTES - this.bodyBytes;
    if (room > 0) this.keptChunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.bodyBytes += chunk.length;
    if (this.bodyBytes > MAX_BODY_BYTES) {
      this.abandon('response_too_large', `The response body is larger than ${MAX_BODY_BYTES} bytes.`);
    }
  }

  onResponseEnd(): void {
    this.settle({
      kind: 'response',
      status: this.status,
      headers: this.headers,
      body: this.keptChunks.length > 1 ? Buffer.concat(this.keptChunks) : (this.keptChunks[0] ?? NO_BODY),
      bodyTruncated: this.bodyBytes > KEPT_BODY_BYTES,
      durationMs: performance.now() - this.startedAt,
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    const { cause, message } = describeError(error);
    this.fail(cause, message);
  }

  /** Ends the exchange as timed out, wherever it is. */
  timeOut(): void {
    let phase = 'waiting for a connection';
    if (this.status > 0) phase = 'reading the response body';
    else if (this.controller) phase = 'waiting for the response';
    this.abandon('timeout', `Timed out after ${this.timeoutMs} ms ${phase}.`);
  }

  /** The outcome first, so that the error undici raises for a destroyed connection finds the exchange settled. */
  private abandon(cause: HttpErrorCause, message: string): void {
    this.fail(cause, message);
    this.controller?.abort(ABANDONED);
  }

  private fail(cause: HttpErrorCause, message: string): void {
    this.settle({ kind: 'error', cause, message, durationMs: performance.now() - this.startedAt });
  }

  private settle(outcome: HttpOutcome): void {
    if (this.settled) return;
    this.settled = true;
    clearTimeout(this.timer);
    this.resolve(outcome);
  }
}

/** One function for all timers instead of a closure each. */
function endInTime(exchange: HttpExchange): void {
  exchange.timeOut();
}

/** undici builds the object for this response alone, so it may be changed in place. */
function joinRepeated(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) headers[name] = value.join(', ');
  }
  return headers as Record<string, string>;
}
