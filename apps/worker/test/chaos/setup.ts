import { APPLICATIONS, type ChaosEndpoint, ENDPOINTS, EVENT_TYPES, receiverOf } from './applications.js';
import { DESTINATIONS, sourcesOf, SOURCES } from './destinations.js';
import { applicationUid } from './message-load.js';

/** Ids of what a run sends over, by their numbers. */
export interface Topology {
  sourceIds: string[];
  destinationIds: string[];
  endpointIds: string[];
  /** Signing secret of every endpoint. */
  secrets: string[];
  /** Connection ids of every source. */
  connectionIds: string[][];
}

type Call = <T>(method: string, path: string, body: object) => Promise<T>;

/** Makes everything that a run sends over through the API. */
export async function createTopology(apiUrl: string, apiKey: string, receiverUrl: string): Promise<Topology> {
  const call = callerOf(apiUrl, apiKey);
  return { ...(await createSources(call, receiverUrl)), ...(await createApplications(call, receiverUrl)) };
}

function callerOf(apiUrl: string, apiKey: string): Call {
  return async <T>(method: string, path: string, body: object) => {
    const response = await fetch(`${apiUrl}/v1/${path}`, {
      method,
      headers: { 'X-API-Key': apiKey, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  };
}

async function createSources(call: Call, receiverUrl: string) {
  const create = async (resource: string, body: object): Promise<string> => {
    const [created] = Object.values(await call<Record<string, { id: string }>>('POST', resource, body));
    return created?.id ?? '';
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

async function createApplications(call: Call, receiverUrl: string) {
  for (const name of EVENT_TYPES) await call('POST', 'event-types', { name });
  for (let n = 0; n < APPLICATIONS; n++) await call('POST', 'applications', { name: `${n}`, uid: applicationUid(n) });
  const endpointIds: string[] = [];
  const secrets: string[] = [];
  for (const [n, { application, filter_types, channels, rate_limit_per_second }] of ENDPOINTS.entries()) {
    const url = `${receiverUrl}/${receiverOf(n)}`;
    const { endpoint } = await call<{ endpoint: { id: string; signing_secret: string } }>(
      'POST',
      `applications/${applicationUid(application)}/endpoints`,
      { url, filter_types, channels, rate_limit_per_second },
    );
    endpointIds.push(endpoint.id);
    secrets.push(endpoint.signing_secret);
  }
  return { endpointIds, secrets };
}

export const endpointPath = (topology: Topology, n: number) =>
  `applications/${applicationUid((ENDPOINTS[n] as ChaosEndpoint).application)}/endpoints/${topology.endpointIds[n]}`;

/** Disables the endpoints that always fail. What they have not got is cancelled. */
export async function disableDead(apiUrl: string, apiKey: string, topology: Topology): Promise<void> {
  for (const [n, { behaviour }] of ENDPOINTS.entries()) {
    if (behaviour !== 'dead') continue;
    await callerOf(apiUrl, apiKey)('PATCH', endpointPath(topology, n), { status: 'disabled' });
  }
}
