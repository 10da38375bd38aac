import { Inject, Injectable } from '@nestjs/common';
import { Database, uuids } from '#libs/database';
import { DestinationCache, type Target } from '#libs/destinations';
import { PayloadLoader } from '#libs/events';
import { eventFilter, type FilterRule, planRoutes, type RoutableEvent, type Route, RouteCache } from '#libs/routing';
import { Gate } from '../gate.js';

/** Bytes of bodies that filters look into at the same time. */
const MAX_FILTERED_BYTES = 32 * 1024 * 1024;
/** Events, and bytes of their bodies, that one look takes. */
const MAX_EVENTS = 500;
const MAX_BYTES = 16 * 1024 * 1024;
/** As far as filters look to count exactly. */
const MAX_COUNTED_EVENTS = 10_000;
const MAX_COUNTED_BYTES = 64 * 1024 * 1024;

/** Which events are replayed, and to where. */
export interface ReplayScope {
  environmentId: string;
  destinationId: string;
  /** Null: of every source that is connected to the destination. */
  sourceId: string | null;
  /** Null: over every connection to the destination. */
  connectionId: string | null;
  filterRules: FilterRule[] | null;
  /** Received at or after. */
  from: Date;
  /** Received before. */
  to: Date;
  /** Ids of these events lie in between. */
  firstId: string;
  lastId: string;
}

/** An event as a delivery needs it. */
export interface ReplayedEvent {
  id: string;
  seq: number;
  source_id: string;
  method: string;
  content_type: string | null;
  source_ip: string | null;
  payload_bytes: number;
}

/** What a look at the next events found. */
export interface ReplayedEvents {
  taken: { event: ReplayedEvent; connectionIds: string[] }[];
  /** Events that a filter left out. */
  skipped: number;
  /** Where the next look goes on. */
  cursorId: string;
  isExhausted: boolean;
  lookedAtBytes: number;
}

/** The ways from the sources to the destination as they are now. */
export interface ReplayLines {
  target: Target | undefined;
  /** By source; sources without an enabled connection are left out. */
  routes: Map<string, Route[]>;
}

/** Finds past events that a replay sends, in the order they were received. */
@Injectable()
export class ReplayEvents {
  private readonly gate = new Gate(Infinity, MAX_FILTERED_BYTES);

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RouteCache) private readonly routes: RouteCache,
    @Inject(DestinationCache) private readonly destinations: DestinationCache,
    @Inject(PayloadLoader) private readonly payloads: PayloadLoader,
  ) {}

  /** Over what the events go. */
  async lines({ destinationId, environmentId, sourceId, connectionId }: ReplayScope): Promise<ReplayLines> {
    const rows = await this.database.query<{ source_id: string }>('replayed_sources', SOURCES, [
      destinationId,
      environmentId,
      sourceId,
      connectionId,
    ]);
    const [sources, targets] = await Promise.all([
      this.routes.getMany(rows.map((row) => row.source_id)),
      this.destinations.getMany([destinationId]),
    ]);
    const isWanted = (route: Route) =>
      route.destinationId === destinationId &&
      route.status !== 'disabled' &&
      (connectionId === null || route.connectionId === connectionId);
    const routes = [...sources].map(([id, source]): [string, Route[]] => [
      id,
      [...source.routes.values()].filter(isWanted),
    ]);
    return { target: targets.get(destinationId), routes: new Map(routes.filter(([, some]) => some.length > 0)) };
  }

  /**
   * The next events that some connection takes.
   *
   * @param cursorId the last event that was looked at
   * @param wanted so many at most, at least 1
   */
  async next(scope: ReplayScope, lines: ReplayLines, cursorId: string, wanted: number): Promise<ReplayedEvents> {
    const limit = isFiltered(scope, lines) ? MAX_EVENTS : wanted;
    const found = await this.database.query<ReplayedEvent>('replayed_events', EVENTS, [
      ...events(scope, lines, cursorId),
      limit,
    ]);
    const candidates = withinBytes(found);
    const filter = scope.filterRules ? eventFilter(scope.filterRules) : undefined;
    const decided = await Promise.all(
      candidates.map(async (event) => ({ event, connectionIds: await this.decide(event, lines, filter) })),
    );
    const taken: ReplayedEvents['taken'] = [];
    let lookedAt = 0;
    while (lookedAt < decided.length && taken.length < wanted) {
      const item = decided[lookedAt++]!;
      if (item.connectionIds.length > 0) taken.push(item);
    }
    return {
      taken,
      skipped: lookedAt - taken.length,
      cursorId: candidates[lookedAt - 1]?.id ?? cursorId,
      isExhausted: lookedAt === found.length && found.length < limit,
      lookedAtBytes: candidates.slice(0, lookedAt).reduce((sum, event) => sum + event.payload_bytes, 0),
    };
  }

  /**
   * How many events a replay would send.
   *
   * @param max counting stops there
   * @returns an upper bound when filters would have to look at too many events
   */
  async count(scope: ReplayScope, lines: ReplayLines, max: number): Promise<{ total: number; isEstimate: boolean }> {
    if (!isFiltered(scope, lines)) return { total: await this.countAll(scope, lines, max), isEstimate: false };
    let [total, lookedAt, bytes, cursorId] = [0, 0, 0, scope.firstId];
    while (total < max) {
      const found = await this.next(scope, lines, cursorId, max - total);
      total += found.taken.length;
      if (found.isExhausted) break;
      cursorId = found.cursorId;
      lookedAt += found.taken.length + found.skipped;
      bytes += found.lookedAtBytes;
      if (lookedAt >= MAX_COUNTED_EVENTS || bytes >= MAX_COUNTED_BYTES) {
        return { total: await this.countAll(scope, lines, max), isEstimate: true };
      }
    }
    return { total, isEstimate: false };
  }

  /** Whatever filters say. */
  private async countAll(scope: ReplayScope, lines: ReplayLines, max: number): Promise<number> {
    const [row] = await this.database.query<{ total: number }>('count_replayed', COUNT, [
      ...events(scope, lines, scope.firstId),
      max,
    ]);
    return row?.total ?? 0;
  }

  /** The connections that take the event. */
  private async decide(
    event: ReplayedEvent,
    { target, routes }: ReplayLines,
    filter: ((event: RoutableEvent) => boolean) | undefined,
  ): Promise<string[]> {
    const own = routes.get(event.source_id) ?? [];
    const targets = new Map(target && [[target.id, target]]);
    const decide = (headersJson: string, bodyText: string | null) => {
      const { method, content_type: contentType, source_ip: sourceIp } = event;
      const routable = { method, contentType, sourceIp, headersJson, bodyText };
      if (filter && !filter(routable)) return [];
      return planRoutes(routable, own, targets).taken.map((route) => route.connectionId);
    };
    if (!filter && own.every((route) => !route.filtered)) return decide('{}', null);
    return this.gate.run(event.source_id, event.payload_bytes, async () => {
      const payload = await this.payloads.load(event.id, event.payload_bytes);
      return payload ? decide(payload.headersJson, payload.body.text) : [];
    });
  }
}

function isFiltered({ filterRules }: ReplayScope, { routes }: ReplayLines): boolean {
  return Boolean(filterRules?.length) || [...routes.values()].flat().some((route) => route.filtered);
}

/** Parameters of {@link FOUND}. */
function events(scope: ReplayScope, lines: ReplayLines, cursorId: string): unknown[] {
  return [uuids([...lines.routes.keys()]), cursorId, scope.lastId, scope.from, scope.to, scope.environmentId];
}

/** The first events whose bodies are not too large together; at least one. */
function withinBytes(found: ReplayedEvent[]): ReplayedEvent[] {
  let bytes = 0;
  const end = found.findIndex((event, index) => (bytes += event.payload_bytes) > MAX_BYTES && index > 0);
  return end < 0 ? found : found.slice(0, end);
}

const SOURCES = `
select distinct source_id from connections
where destination_id = $1 and environment_id = $2 and source_id = coalesce($3, source_id) and id = coalesce($4, id)`;

/**
 * From source to source along the index of each. Duplicates are not delivered, and what is not routed yet is delivered
 * in its own time.
 */
const FOUND = `
unnest($1::uuid[]) s (source_id) cross join lateral (
  select id, seq, source_id, method, content_type, source_ip, payload_bytes from events
  where events.source_id = s.source_id and id > $2::uuid and id <= $3::uuid
    and received_at >= $4::timestamptz and received_at < $5::timestamptz
    and environment_id = $6::uuid and dedup_status = 'unique'
    and not exists (select from unrouted_events u where u.event_id = events.id)
  order by id limit $7::int) e`;

const EVENTS = `select e.* from ${FOUND} order by e.id limit $7::int`;

const COUNT = `select count(*)::int as total from (select from ${FOUND} limit $7::int) counted`;
