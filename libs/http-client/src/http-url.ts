/** Longest URL accepted; what browsers and proxies are known to agree on. */
const MAX_URL_CHARS = 2048;

/**
 * Parses the URL of a target. The same parser is used when a URL is saved and when it is called, so both see the same host.
 * @returns the URL, or the problem worded to follow a field's name: `must be …`
 */
export function parseHttpUrl(text: string): { url: URL } | { problem: string } {
  if (text.length > MAX_URL_CHARS) return { problem: `must not be longer than ${MAX_URL_CHARS} characters` };
  const url = URL.parse(text);
  if (!url) return { problem: 'must be an absolute URL with a host, such as https://example.com/webhooks' };
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { problem: 'must start with https:// or http://' };
  if (url.username || url.password) return { problem: 'must not contain a user name or password' };
  return { url };
}
