import { Inject, Injectable } from '@nestjs/common';
import { derivedId } from '#libs/crypto';
import { Batcher, Database, int4s, int8s, texts, uuids } from '#libs/database';
import { Admission, byDestination, DestinationCache, type Target } from '#libs/destinations';
import { PayloadLoader } from '#libs/events';
import { planRoutes, type Route, RouteCache, type RoutePlan } from '#libs/routing';
import { DeliveryQueue } from './delivery-queue.js';
import { Gate } from './gate.js';
import { idBounds } from './id-bounds.js';
import { RefillsService } from './refills.service.js';

/** Bytes of bodies that filters look into at the same time. */
const MAX_FILTERED_BYTES = 32 * 1024 * 1024;

interface UnroutedEvent {
  id: string;
  seq: number;
  environment_id: string;
  /** Of a message: its application. */
  source_id: string;
  /** Null of a webhook that came in. */
  event_type: string | null;
  channels: string[] | null;
  method: string;
  content_type: string | null;
  source_ip: string | null;
  payload_bytes: number;
}

interface PlannedEvent {
  event: UnroutedEvent;
  plan: RoutePlan;
  targets: Map<string, Target>;
  /** Ordered destinations of its source: what waits there may have waited for this event, even if they do not take it. */
  orderedDestinationIds: string[];
}

/** A delivery to be inserted. */
interface NewDelivery {
  id: string;
  event: UnroutedEvent;
  connectionId: string;
  destinationId: string;
  cause: 'connection_paused' | null;
}

/**
 * Turns events into deliveries, one for each connection that takes them. A message is an event whose source is its
 * application; each endpoint of that is a connection and a destination in one, with one id.
 */
@Injectable()
export class RouterService {
  private readonly loads = new Batcher<string, UnroutedEvent | undefined>((ids) => this.load(ids));
  private readonly writes = new Batcher<PlannedEvent, void>((events) => this.write(events));
  private readonly gate = new Gate(Infinity, MAX_FILTERED_BYTES);

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RouteCache) private readonly routes: RouteCache,
    @Inject(DestinationCache) private readonly destinations: DestinationCache,
    @Inject(PayloadLoader) private readonly payloads: PayloadLoader,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(RefillsService) private readonly refills: RefillsService,
    @Inject(DeliveryQueue) private readonly queue: DeliveryQueue,
  ) {}

  /** Routes those of the events that have not been routed yet. Harmless to repeat: delivery ids are derived. */
  async route(eventIds: string[]): Promise<void> {
    const loaded = await Promise.all(eventIds.map((id) => this.loads.add(id)));
    const events = loaded.filter((event) => event !== undefined);
    const routes = await this.routes.getMany(events.map((event) => event.source_id));
    const routesOf = (event: UnroutedEvent) => [...(routes.get(event.source_id)?.routes.values() ?? [])];
    const targets = await this.destinations.getMany(events.flatMap(routesOf).map((route) => route.destinationId));
    await Promise.all(
      events.map(async (event) => {
        const routes = routesOf(event);
        const plan = await this.plan(event, routes, targets);
        const orderedDestinationIds = routes
          .map(({ destinationId }) => destinationId)
          .filter((id) => targets.get(id)?.admission.fifo);
        await this.writes.add({ event, plan, targets, orderedDestinationIds });
      }),
    );
  }

  private async plan(event: UnroutedEvent, routes: Route[], targets: Map<string, Target>): Promise<RoutePlan> {
    const narrow = {
      method: event.method,
      contentType: event.content_type,
      sourceIp: event.source_ip,
      eventType: event.event_type,
      channels: event.channels,
    };
    // Most connections have no filter; then nothing wide is read.
    if (routes.every((route) => !route.filtered)) {
      return planRoutes({ ...narrow, headersJson: '{}', bodyText: null }, routes, targets);
    }
    return this.gate.run(event.source_id, event.payload_bytes, async () => {
      const payload = await this.payloads.load(event.id, event.payload_bytes);
      const wide = { headersJson: payload?.headersJson ?? '{}', bodyText: payload?.body.text ?? null };
      return planRoutes({ ...narrow, ...wide }, routes, targets);
    });
  }

  private async load(ids: string[]): Promise<(UnroutedEvent | undefined)[]> {
    const rows = await this.database.query<UnroutedEvent>('load_unrouted', LOAD, [uuids(ids), ...idBounds(ids)]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id));
  }

  /**
   * Places in the windows first, so that what need not wait is written once; then the rows; then the jobs and wake-ups.
   * What is lost in between is found by the sweep (docs/admission.md, "Router").
   */
  private async write(planned: PlannedEvent[]): Promise<void[]> {
    // A message that was posted twice at the same moment may be here twice: both of a delivery in one job would be sent.
    const events = [...new Map(planned.map((one) => [one.event.id, one])).values()];
    const ids = events.map(({ event }) => event.id);
    const deliveries = events.flatMap(({ event, plan }) =>
      plan.taken.map(({ connectionId, destinationId, status }): NewDelivery => {
        const cause = status === 'paused' ? 'connection_paused' : null;
        return { id: derivedId(event.id, connectionId), event, connectionId, destinationId, cause };
      }),
    );
    const targets = new Map(events.flatMap((event) => [...event.targets]));
    const admitted = await this.reserve(deliveries, targets);
    const explained = events.filter(({ plan }) => plan.ignored);
    await this.database.query('write_routes', WRITE, [
      uuids(ids),
      uuids(explained.map(({ event }) => event.id)),
      texts(explained.map(({ plan }) => JSON.stringify(plan.ignored))),
      ...idBounds(ids),
      uuids(deliveries.map(({ id }) => id)),
      uuids(deliveries.map(({ event }) => event.environment_id)),
      uuids(deliveries.map(({ event }) => event.id)),
      uuids(deliveries.map(({ connectionId }) => connectionId)),
      uuids(deliveries.map(({ destinationId }) => destinationId)),
      uuids(deliveries.map(({ event }) => event.source_id)),
      int8s(deliveries.map(({ event }) => event.seq)),
      int4s(deliveries.map(({ event }) => event.payload_bytes)),
      texts(deliveries.map(({ id }) => (admitted.has(id) ? 'queued' : 'waiting'))),
      texts(deliveries.map(({ cause }) => cause)),
    ]);
    // Also of a run that lost the race against another and inserted nothing: a job of its own gives the places back.
    await this.queue.add(deliveries.filter(({ id }) => admitted.has(id)));
    const waiting = deliveries.filter(({ id, cause }) => !admitted.has(id) && !cause);
    await this.refills.wake([
      ...waiting.map(({ destinationId }) => destinationId),
      ...events.flatMap(({ orderedDestinationIds }) => orderedDestinationIds),
    ]);
    return planned.map(() => undefined);
  }

  /** @returns ids of the deliveries that have a place; without Redis none has, and all wait */
  private async reserve(deliveries: NewDelivery[], targets: Map<string, Target>): Promise<Set<string>> {
    const groups = [...byDestination(deliveries.filter(({ cause }) => !cause))].flatMap(([destinationId, group]) => {
      const policy = targets.get(destinationId)?.admission;
      return policy && !policy.fifo ? [{ destinationId, policy, ids: group.map(({ id }) => id) }] : [];
    });
    const places = await this.admission.reserve(groups).catch(() => []);
    return new Set(groups.flatMap(({ ids }, index) => ids.slice(0, places[index] ?? 0)));
  }
}

const LOAD = `
select id, seq, environment_id, source_id, event_type, channels, method, content_type, source_ip, payload_bytes from events
where id = any(array(select event_id from unrouted_events where event_id = any($1::uuid[])))
  and id between $2::uuid and $3::uuid`;

/**
 * One statement, hence one transaction: an event leaves the outbox exactly when its deliveries exist. Of an endpoint, which is
 * its own connection, attempts are counted.
 */
const WRITE = `
with routed as (
  delete from unrouted_events where event_id = any($1::uuid[]) returning source_id
), explained as (
  update events set ignored = ($3::text[])[array_position($2::uuid[], id)]::jsonb
  where id = any($2::uuid[]) and id between $4::uuid and $5::uuid
), created as (
  insert into deliveries (id, environment_id, event_id, connection_id, destination_id, source_id, seq, payload_bytes,
    state, cause, admitted_at)
  select d.*, case when d.state = 'queued' then now() end
  from unnest($6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[], $11::uuid[], $12::bigint[], $13::int[],
    $14::text[], $15::text[])
    d (id, environment_id, event_id, connection_id, destination_id, source_id, seq, payload_bytes, state, cause)
  on conflict (id) do nothing
  returning connection_id, destination_id
)
insert into counter_deltas (subject_id, count, last_at)
select source_id, count(*), now() from routed group by source_id
union all
select connection_id, count(*), now() from created where connection_id <> destination_id group by connection_id`;
