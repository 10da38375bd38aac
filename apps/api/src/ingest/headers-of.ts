import { type IncomingMessage } from 'node:http';

const PROTO = '__proto__';

/** Headers by their lower-case names. Node assigns them to an object, where one named `__proto__` is lost. */
export function headersOf({ headers, rawHeaders }: IncomingMessage): Record<string, string> {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length !== PROTO.length || rawHeaders[index]?.toLowerCase() !== PROTO) continue;
    Object.defineProperty(headers, PROTO, { value: rawHeaders[index + 1], enumerable: true });
  }
  return headers as Record<string, string>;
}
