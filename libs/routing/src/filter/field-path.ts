/** What a filter can see of an event. */
export interface FilterableEvent {
  /** The parsed JSON body; `undefined` when there is none, it is not JSON, or no rule reads it ({@link readsPayload}). */
  payload: unknown;
  headers: Record<string, string>;
  method: string;
  contentType: string | null;
  sourceIp: string | null;
  /** Of a message; no rule reads it. */
  eventType?: string | null;
  channels?: string[] | null;
}

/** Longest field path, in UTF-16 code units. */
export const MAX_PATH_LENGTH = 512;

/** A value of the event, or `undefined` when the event has nothing at that path. */
export type FieldReader = (event: FilterableEvent) => unknown;

const ARRAY_INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** Writes the alias `body` as `payload`. */
export function normalizeFieldPath(path: string): string {
  return path === 'body' || path.startsWith('body.') ? `payload${path.slice('body'.length)}` : path;
}

/** @returns what is wrong with a normalised path, `undefined` when it can be read */
export function fieldPathProblem(path: string): string | undefined {
  if (path.length > MAX_PATH_LENGTH) return `must not be longer than ${MAX_PATH_LENGTH} characters`;
  if (fieldReader(path) === undefined) {
    return 'must be payload, payload.<path>, headers.<name>, method, content_type or source_ip';
  }
  return path.startsWith('payload.') && path.split('.').includes('') ? 'must not have an empty segment' : undefined;
}

/**
 * Compiles a path. `payload.a.0.b` walks own properties and array indices, case-sensitively; a key that itself contains a dot
 * cannot be addressed. `headers.<name>` is case-insensitive, and there everything after the first dot is the name.
 *
 * @returns `undefined` when the path begins with nothing an event has
 */
export function fieldReader(path: string): FieldReader | undefined {
  switch (path) {
    case 'payload':
      return (event) => event.payload;
    case 'method':
      return (event) => event.method;
    case 'content_type':
      return (event) => event.contentType ?? undefined;
    case 'source_ip':
      return (event) => event.sourceIp ?? undefined;
  }
  if (path.startsWith('payload.')) return payloadReader(path.slice('payload.'.length).split('.'));
  if (path.startsWith('headers.') && path !== 'headers.') return headerReader(path.slice('headers.'.length));
  return undefined;
}

function payloadReader(keys: string[]): FieldReader {
  const steps = keys.map((key) => ({ key, index: ARRAY_INDEX.test(key) ? Number(key) : -1 }));
  return (event) => {
    let value = event.payload;
    for (const { key, index } of steps) {
      if (typeof value !== 'object' || value === null) return undefined;
      if (Array.isArray(value)) {
        // Not by key: an array's own properties include `length`.
        value = index >= 0 ? (value as unknown[])[index] : undefined;
      } else {
        value = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
      }
    }
    return value;
  };
}

function headerReader(name: string): FieldReader {
  const lower = name.toLowerCase();
  return ({ headers }) => {
    if (Object.hasOwn(headers, lower)) return headers[lower];
    for (const given of Object.keys(headers)) {
      if (given.length === lower.length && given.toLowerCase() === lower) return headers[given];
    }
    return undefined;
  };
}
