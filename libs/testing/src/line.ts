import { type Hookstream } from './hookstream.js';

/** A source connected to a destination. */
export interface Line {
  sourceId: string;
  destinationId: string;
  connectionId: string;
  /** Sends a webhook; answers its event's id. */
  send(body: object): Promise<string>;
}

let lines = 0;

/**
 * Makes a source, a destination and a connection between them.
 *
 * @param destination its URL, and whatever else is set of it
 * @param connection whatever is set of the connection
 */
export async function createLine(
  hookstream: Hookstream,
  destination: { url: string } & Record<string, unknown>,
  connection: object = {},
): Promise<Line> {
  const slug = `line-${++lines}`;
  const make = async (resource: string, body: object) =>
    Object.values(await hookstream.call<Record<string, { id: string }>>('POST', `/v1/${resource}`, body))[0]!.id;
  const [sourceId, destinationId] = await Promise.all([
    make('sources', { name: slug, slug }),
    make('destinations', { name: slug, slug, ...destination }),
  ]);
  const ends = { source_id: sourceId, destination_id: destinationId };
  const connectionId = await make('connections', { name: slug, ...ends, ...connection });
  const send = async (body: object) =>
    (await hookstream.call<{ event_id: string }>('POST', `/v1/ingest/${sourceId}`, body)).event_id;
  return { sourceId, destinationId, connectionId, send };
}
