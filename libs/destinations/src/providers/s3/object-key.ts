import { idTime } from '#libs/crypto';

export const DEFAULT_KEY_TEMPLATE = '{prefix}{YYYY}/{MM}/{DD}/{event_id}.json';

const PLACEHOLDER = /\{(\w*)\}/g;
const PLACEHOLDERS = ['prefix', 'YYYY', 'MM', 'DD', 'HH', 'source_id', 'event_id'];
const MAX_CHARS = 400;

/** The event's time, not the delivery's: an event that is delivered twice, even days later, writes the same object. */
export function objectKey(template: string, prefix: string, event: { eventId: string; sourceId: string }): string {
  const [date = '', time = ''] = idTime(event.eventId).toISOString().split('T');
  const [YYYY = '', MM = '', DD = ''] = date.split('-');
  const values: Record<string, string> = {
    ...{ YYYY, MM, DD, HH: time.slice(0, 2) },
    prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
    source_id: event.sourceId,
    event_id: event.eventId,
  };
  return template.replace(PLACEHOLDER, (placeholder, name: string) => values[name] ?? placeholder);
}

/** @returns what is wrong with a template, worded to follow the field's name */
export function keyTemplateProblem(template: string): string | undefined {
  const unknown = [...template.matchAll(PLACEHOLDER)].find(([, name = '']) => !PLACEHOLDERS.includes(name));
  if (unknown)
    return `has no placeholder ${unknown[0]}: there are ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`;
  if (!template.includes('{event_id}')) return 'must have {event_id} in it, or events would overwrite each other';
  return prefixProblem(template);
}

/** @returns what is wrong with a part of a key, worded to follow the field's name */
export function prefixProblem(text: string): string | undefined {
  if (text.length > MAX_CHARS) return `must not be longer than ${MAX_CHARS} characters`;
  // On the way through URLs they would disappear.
  if (text.split('/').some((segment) => segment === '.' || segment === '..'))
    return 'must not have . or .. in its path';
  return text.startsWith('/') ? 'must not start with a slash' : undefined;
}
