import { METHODS, validateHeaderName, validateHeaderValue } from 'node:http';

const SENDABLE_METHODS = new Set(METHODS.filter((method) => method !== 'CONNECT'));

/** Framing and hop-by-hop headers: the client writes those it needs itself. */
const RESERVED_HEADERS = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Checks what undici would refuse. It must never come to that: a Pool of undici 8.12 takes the connection that refused a request for
 * busy, for ever, so a few requests with a bad header would stop everything that is sent to the same origin.
 * @returns a sentence naming the problem, or undefined when there is none
 */
export function checkRequest(method: string, headers: Record<string, string>): string | undefined {
  if (!SENDABLE_METHODS.has(method)) return 'The request method cannot be sent.';
  let hosts = 0;
  for (const name in headers) {
    try {
      validateHeaderName(name);
    } catch {
      return 'The request has a header whose name is not valid.';
    }
    const lowerCased = name.toLowerCase();
    if (lowerCased === 'host') hosts += 1;
    if (RESERVED_HEADERS.has(lowerCased) || hosts > 1) return `The request header ${name} cannot be sent.`;
    try {
      validateHeaderValue(name, headers[name] as string);
    } catch {
      return `The request header ${name} has a value that is not valid.`;
    }
  }
  return undefined;
}
