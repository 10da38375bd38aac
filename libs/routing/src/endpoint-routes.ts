import { type Database, uuids } from '#libs/database';
import { type FilterVerdict } from './filter/compile-filter.js';
import { type Route, type SourceRoutes } from './route.js';

/**
 * The routes of applications, by application id: each endpoint is a connection to itself, so its id stands in
 * `connection_id` and `destination_id` of its deliveries alike.
 */
export async function loadEndpointRoutes(
  database: Database,
  applicationIds: string[],
): Promise<Map<string, SourceRoutes>> {
  const rows = await database.query<EndpointRow>('load_endpoint_routes', LOAD, [uuids(applicationIds)]);
  const byApplication = new Map<string, SourceRoutes>();
  for (const row of rows) {
    const { environment_id: environmentId, config_version: configVersion } = row;
    const known = byApplication.get(row.application_id) ?? {
      environmentId,
      configVersion,
      routes: new Map<string, Route>(),
    };
    if (row.id !== null) known.routes.set(row.id, prepare(row));
    byApplication.set(row.application_id, known);
  }
  return byApplication;
}

function prepare({ id, url, filter_types: types, channels: own }: Endpoint): Route {
  return {
    connectionId: id,
    connectionName: url,
    destinationId: id,
    status: 'active',
    matches: ({ eventType, channels }) => {
      if (!takesType(types ?? [], eventType ?? '')) return OTHER_TYPE;
      return takesChannels(own ?? [], channels ?? []) ? PASS : OTHER_CHANNEL;
    },
    filtered: false,
    readsPayload: false,
    transform: null,
  };
}

/** @param types names of event types, or `prefix.*`; all match when there are none */
function takesType(types: string[], eventType: string): boolean {
  const matches = (type: string) =>
    type.endsWith('.*') ? eventType.startsWith(type.slice(0, -1)) : type === eventType;
  return types.length === 0 || types.some(matches);
}

/** @param own channels of the endpoint; without any it takes messages of all and of no channel */
function takesChannels(own: string[], channels: string[]): boolean {
  return own.length === 0 || own.some((channel) => channels.includes(channel));
}

const PASS: FilterVerdict = { pass: true };
/** Endpoints have two rules: their event types and their channels. */
const OTHER_TYPE: FilterVerdict = { pass: false, rule: 0 };
const OTHER_CHANNEL: FilterVerdict = { pass: false, rule: 1 };

interface Endpoint {
  id: string;
  url: string;
  filter_types: string[] | null;
  channels: string[] | null;
}

/** An application without endpoints is one row of nulls, so that its version is known too. */
type EndpointRow = { application_id: string; environment_id: string; config_version: number } & (
  Endpoint | { id: null }
);

const LOAD = `
select a.id as application_id, a.environment_id, v.config_version, e.id, e.url, e.filter_types, e.channels
from applications a join environments v on v.id = a.environment_id left join endpoints e on e.application_id = a.id
where a.id = any($1::uuid[])
order by e.id`;
