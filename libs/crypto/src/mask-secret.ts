const MASK = '****';
const SHOWN_CHARACTERS = 4;
/** Below this the last four characters would be a third of the secret or more. */
const SHORTEST_SHOWN = 12;

/** How a stored secret appears in answers: `****` and its last 4 characters, or only `****` when it has fewer than 12. */
export function maskSecret(secret: string): string {
  const characters = Array.from(secret);
  return characters.length < SHORTEST_SHOWN ? MASK : MASK + characters.slice(-SHOWN_CHARACTERS).join('');
}
