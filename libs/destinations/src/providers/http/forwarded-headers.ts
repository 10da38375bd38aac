/**
 * Headers of the incoming webhook that stay behind: those of the hop (RFC 9110 §7.6.1), those that only make sense to
 * the gateway (who called it, with which credentials, through which proxies), and those set anew for every try.
 */
const DROPPED = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-api-key',
  'x-real-ip',
]);
const DROPPED_PREFIXES = ['x-forwarded-', 'x-hookstream-', 'cf-'];

/** What a body that is no longer the sender's must not claim to be. */
const OF_THE_ORIGINAL_BODY = new Set(['content-encoding', 'content-type', 'content-md5', 'digest', 'content-digest']);

/**
 * The sender's headers that go on to the destination, so that the receiver sees the webhook as its sender made it
 * (event type, delivery id, signature).
 *
 * @param headers lower-case names
 * @param transformed whether the body has been replaced
 */
export function forwardedHeaders(headers: Record<string, string>, transformed: boolean): Record<string, string> {
  const forwarded: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (isReservedHeader(name) || (transformed && OF_THE_ORIGINAL_BODY.has(name))) continue;
    forwarded[name] = value;
  }
  return forwarded;
}

/** Whether neither a sender nor a destination's custom headers can set this one. @param name lower-case */
export function isReservedHeader(name: string): boolean {
  return DROPPED.has(name) || DROPPED_PREFIXES.some((prefix) => name.startsWith(prefix));
}
