import { type OutgoingDelivery } from '../../provider.js';
import { contentType } from '../body-text.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Values travel as Base64, so that the topic gets the exact bytes; the proxy would write JSON anew. */
export function v3Record(delivery: OutgoingDelivery, destinationId: string, key: string | undefined): object {
  const type = contentType(delivery);
  const headers = {
    'hookstream-event-id': delivery.eventId,
    'hookstream-source-id': delivery.sourceId,
    'hookstream-destination-id': destinationId,
    ...(type && { 'content-type': type }),
  };
  return {
    ...(key !== undefined && { key: { type: 'BINARY', data: base64(key) } }),
    value: { type: 'BINARY', data: delivery.body.toString('base64') },
    headers: Object.entries(headers).map(([name, value]) => ({ name, value: base64(value) })),
  };
}

/** There are no headers in v2: a record without a key of its own has the event's id for one. */
export function v2Records(delivery: OutgoingDelivery, key: string | undefined): object {
  return { records: [{ key: base64(key ?? delivery.eventId), value: delivery.body.toString('base64') }] };
}

/** @param path names separated by dots; a number indexes an array. @returns undefined when there is no such value */
export function readKey(body: Buffer, path: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
