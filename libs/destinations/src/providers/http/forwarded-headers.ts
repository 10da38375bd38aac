/** Headers of one hop (RFC 9110 §7.6.1) or of the message's framing: set by the client for every try. */
const OF_THE_HOP = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const OWN_PREFIX = 'x-hookstream-';

/** What Standard Webhooks verifies a message by; libraries take the same headers after `svix-`. */
const OF_THE_SIGNATURE = new Set(['webhook-id', 'webhook-signature', 'webhook-timestamp']);
const SVIX_PREFIX = 'svix-';

/** What only makes sense to the gateway: the sender's credentials for it, and the proxies on the way to it. */
const FOR_THE_GATEWAY = new Set([
  'accept-encoding',
  'authorization',
  'cookie',
  'forwarded',
  'via',
  'x-api-key',
  'x-real-ip',
]);
const PROXY_PREFIXES = ['x-forwarded-', 'cf-'];

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
  const stays = (name: string) =>
    isReservedHeader(name) || isForTheGateway(name) || (transformed && OF_THE_ORIGINAL_BODY.has(name));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !stays(name)));
}

/** Whether neither a sender nor a destination's settings can set this header. @param name lower-case */
export function isReservedHeader(name: string): boolean {
  return OF_THE_HOP.has(name) || name.startsWith(OWN_PREFIX);
}

/** Whether an endpoint's settings cannot set this header. @param name lower-case */
export function isReservedMessageHeader(name: string): boolean {
  return isReservedHeader(name) || OF_THE_SIGNATURE.has(name) || name.startsWith(SVIX_PREFIX);
}

function isForTheGateway(name: string): boolean {
  return FOR_THE_GATEWAY.has(name) || PROXY_PREFIXES.some((prefix) => name.startsWith(prefix));
}
