/** Names a thing of an environment in a cache. @param name any text */
export function keyOf(environmentId: string, name: string): string {
  return `${environmentId} ${name}`;
}

/** What {@link keyOf} put together: ids have no spaces. */
export function splitKey(key: string): { environmentId: string; name: string } {
  const space = key.indexOf(' ');
  return { environmentId: key.slice(0, space), name: key.slice(space + 1) };
}
