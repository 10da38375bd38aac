import { isUtf8 } from 'node:buffer';

/** A body as text that encodes back to the same bytes; undefined when it is not UTF-8. */
export function bodyText(body: Buffer): string | undefined {
  return isUtf8(body) ? body.toString('utf8') : undefined;
}

/** What the sender, or the transform, says the body is. */
export function contentType({
  eventHeaders,
  transformed,
}: {
  eventHeaders: Record<string, string>;
  transformed: boolean;
}): string | undefined {
  return transformed ? 'application/json' : eventHeaders['content-type'];
}
