const MASK = '****';
const SHOWN_CHARACTERS = 4;
/** Below this the last four characters would be a third of the secret or more. */
const SHORTEST_SHOWN = 12;

/** How a stored secret appears in answers: `****` and its last 4 characters, or only `****` when it has fewer than 12. */
export function maskSecret(secret: string): string {
  const characters = Array.from(secret);
  return characters.length < SHORTEST_SHOWN ? MASK : MASK + characters.slice(-SHOWN_CHARACTERS).join('');
}

/** Whether a text is what {@link maskSecret} shows of some secret, not a secret. */
export function isMasked(text: string): boolean {
  const shown = Array.from(text.startsWith(MASK) ? text.slice(MASK.length) : '');
  return text === MASK || shown.length === SHOWN_CHARACTERS;
}
