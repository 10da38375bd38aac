import { DESTINATIONS, sourcesOf, SOURCES } from './destinations.js';

/** Ids of what a run sends over, by their numbers. */
export interface Topology {
  sourceIds: string[];
  destinationIds: string[];
  /** Connection ids of every source. */
  connectionIds: string[][];
}

/** Makes sources, destinations and connections through the API. */
export async function createTopology(apiUrl: string, apiKey: string, receiverUrl: string): Promise<Topology> {
  const create = async (resource: string, body: object): Promise<string> => {
    const response = await fetch(`${apiUrl}/v1/${resource}`, {
      method: 'POST',
      headers: { 'X-API-Key': apiKey, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`creating ${resource} was answered ${response.status}: ${text}`);
    const [resourceCreated] = Object.values(JSON.parse(text) as Record<string, { id: string }>);
    return resourceCreated?.id ?? '';
  };
  const sourceIds: string[] = [];
  for (let n = 0; n < SOURCES; n++) sourceIds.push(await create('sources', { name: `source ${n}`, slug: `s${n}` }));
  const destinationIds: string[] = [];
  const connectionIds: string[][] = sourceIds.map(() => []);
  for (const [n, { behaviour, settings }] of DESTINATIONS.entries()) {
    const name = `${behaviour} ${n}`;
    const id = await create('destinations', { name, slug: `d${n}`, url: `${receiverUrl}/${n}`, ...settings });
    destinationIds.push(id);
    for (const source of sourcesOf(n)) {
      const connection = { name: `${source} to ${n}`, source_id: sourceIds[source], destination_id: id };
      connectionIds[source]?.push(await create('connections', connection));
    }
  }
  return { sourceIds, destinationIds, connectionIds };
}
