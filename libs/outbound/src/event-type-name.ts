const MAX_CHARS = 200;
/** Dot notation, such as `invoice.paid`. */
export const EVENT_TYPE_NAME = /^[\w-]+(\.[\w-]+)*$/;

/** Whether the text can be the name of an event type. */
export function isEventTypeName(text: string): boolean {
  return text.length <= MAX_CHARS && EVENT_TYPE_NAME.test(text);
}

/** Whether an endpoint can ask for this: the name of an event type, or `prefix.*` for all below it. */
export function isEventTypeFilter(text: string): boolean {
  return isEventTypeName(text.replace(/\.\*$/, ''));
}
