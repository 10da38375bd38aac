import { Inject, Injectable } from '@nestjs/common';
import { Database, uuids } from '#libs/database';
import { ConfigCache, ConfigVersions } from '#libs/tenancy';
import { type ConnectionStatus } from './connection.entity.js';
import { loadEndpointRoutes } from './endpoint-routes.js';
import { compileFilter, readsPayload } from './filter/compile-filter.js';
import { type FilterRule } from './filter/filter-rule.js';
import { type Route, type SourceRoutes } from './route.js';

/** Connections in memory, by source id; endpoints, which are connections of their application, by application id. */
@Injectable()
export class RouteCache {
  private readonly routes: ConfigCache<SourceRoutes>;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigVersions) versions: ConfigVersions,
  ) {
    this.routes = new ConfigCache(versions, (ids) => this.load(ids));
  }

  /** The routes of the sources and applications that exist. */
  getMany(sourceIds: Iterable<string>): Promise<Map<string, SourceRoutes>> {
    return this.routes.getMany(sourceIds);
  }

  private async load(sourceIds: string[]): Promise<Map<string, SourceRoutes>> {
    const rows = await this.database.query<RouteRow>('load_routes', LOAD, [uuids(sourceIds)]);
    const bySource = new Map<string, SourceRoutes>();
    for (const row of rows) {
      const known = bySource.get(row.source_id);
      const routes = known?.routes ?? new Map<string, Route>();
      if (row.id) routes.set(row.id, prepare(row));
      if (known) continue;
      bySource.set(row.source_id, { environmentId: row.environment_id, configVersion: row.config_version, routes });
    }
    const others = sourceIds.filter((id) => !bySource.has(id));
    if (others.length === 0) return bySource;
    return new Map([...bySource, ...(await loadEndpointRoutes(this.database, others))]);
  }
}

function prepare(row: ConnectionRow): Route {
  const rules = row.filter_rules ?? [];
  return {
    connectionId: row.id,
    connectionName: row.name,
    destinationId: row.destination_id,
    status: row.enabled ? row.status : 'disabled',
    matches: compileFilter(rules),
    filtered: rules.length > 0,
    readsPayload: readsPayload(rules),
    transform: row.transform_enabled ? row.transform_expression : null,
  };
}

interface ConnectionRow {
  source_id: string;
  environment_id: string;
  config_version: number;
  id: string;
  name: string;
  destination_id: string;
  enabled: boolean;
  status: ConnectionStatus;
  filter_rules: FilterRule[] | null;
  transform_enabled: boolean;
  transform_expression: string | null;
}
/** A source without connections is one row of nulls, so that its version is known too. */
type RouteRow = ConnectionRow | (Pick<ConnectionRow, 'source_id' | 'environment_id' | 'config_version'> & { id: null });

const LOAD = `
select s.id as source_id, s.environment_id, e.config_version, c.id, c.name, c.destination_id, c.enabled, c.status,
  c.filter_rules, c.transform_enabled, c.transform_expression
from sources s join environments e on e.id = s.environment_id left join connections c on c.source_id = s.id
where s.id = any($1::uuid[])
order by c.id`;
