import { type HttpClient, type HttpOutcome } from '#libs/http-client';
import { type SentRequest } from '../../provider.js';
import { maskHeaders } from '../../redact.js';

/** What one call of the SDK did on the wire. */
export interface AwsExchange {
  request: SentRequest;
  /** Undefined as long as nothing was sent. */
  outcome?: HttpOutcome;
}

/** The part of the SDK's requests that is used here. */
interface SdkRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

const SECRET_HEADERS = ['authorization', 'x-amz-security-token'];
/** The client writes the first itself, the same; without the second S3 answers once instead of twice. */
const LEFT_OUT = ['content-length', 'expect'];

/** Options of a call: `client.send(command, exchangeOptions(exchange))`. */
export function exchangeOptions(exchange: AwsExchange): object {
  return { exchange };
}

/** Sends the requests of an AWS SDK client through the client that obeys the guard; the SDK opens no socket of its own. */
export class GuardedHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };

  constructor(
    private readonly http: HttpClient,
    private readonly timeoutMs: number,
  ) {}

  /** @param options as {@link exchangeOptions} made them */
  async handle(request: SdkRequest, options: object = {}): Promise<{ response: object }> {
    const { exchange } = options as { exchange: AwsExchange };
    const { method, body } = request;
    const url = urlOf(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !LEFT_OUT.includes(name.toLowerCase())),
    );
    exchange.request = { url, method, headers: maskHeaders(headers, SECRET_HEADERS) };
    const outcome = await this.http.send({ url, method, headers, body: bodyOf(body), timeoutMs: this.timeoutMs });
    exchange.outcome = outcome;
    if (outcome.kind === 'error') throw new Error(outcome.message);
    return { response: { statusCode: outcome.status, headers: outcome.headers, body: outcome.body } };
  }

  updateHttpClientConfig(): void {
    // Nothing of it can be configured through the SDK.
  }

  httpHandlerConfigs(): object {
    return {};
  }

  destroy(): void {
    // The client is closed by whoever made it.
  }
}

function urlOf({ protocol, hostname, port, path, query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((item) => `${escape(name)}=${escape(item)}`),
  );
  return `${protocol}//${hostname}${port ? `:${port}` : ''}${path}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}

/** As SigV4 writes it: everything but letters, digits, `-._~`. */
function escape(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function bodyOf(body: unknown): Buffer | string | null {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : null;
}
