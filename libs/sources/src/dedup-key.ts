import { hash } from 'node:crypto';

export const DEDUP_STRATEGIES = ['payload_hash', 'header_field', 'body_field'] as const;
/** What two webhooks must have in common to be the same: the body, a header, or a value in the JSON body. */
export type DedupStrategy = (typeof DEDUP_STRATEGIES)[number];

export interface DedupRule {
  strategy: DedupStrategy;
  /** Header, or dot path into the body, with or without `$.` before it. */
  field: string | null;
}

/** What a key is made of. */
export interface DedupSubject {
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
  /** The parsed body; undefined when it is not JSON. */
  document: () => unknown;
}

/** The same for webhooks that are the same; null when the webhook does not have what it is told by. */
export type DedupKey = (subject: DedupSubject) => string | null;

/** Prepares a rule. Keys of different rules never are the same. */
export function dedupKey({ strategy, field }: DedupRule): DedupKey {
  const key = (value: string | Buffer) => hash('sha256', Buffer.concat([prefix, Buffer.from(value)]));
  const prefix = Buffer.from(`${strategy}:${field ?? ''}:`);
  switch (strategy) {
    case 'payload_hash':
      return ({ body }) => key(body);
    case 'header_field': {
      const name = (field ?? '').toLowerCase();
      return ({ headers }) => (Object.hasOwn(headers, name) ? key(headers[name] ?? '') : null);
    }
    case 'body_field': {
      const path = (field ?? '').replace(/^\$\.?/, '').split('.');
      return ({ document }) => {
        const value = path.reduce(memberOf, document());
        return value === undefined || value === null ? null : key(JSON.stringify(value));
      };
    }
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
