import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { type Queue } from 'bullmq';
import { newId } from '#libs/crypto';
import {
  Batcher,
  bytes,
  Database,
  int4s,
  isConnectionFailure,
  type Query,
  texts,
  timestamps,
  uuids,
} from '#libs/database';
import { ApiError } from '#libs/errors';
import { Log, Metrics } from '#libs/observability';
import { BATCH_JOB, ROUTE_QUEUE, type RouteJob } from '#libs/queues';
import { isText } from './body.js';
import { type VerificationStatus } from './event.entity.js';

/** A webhook, or a message, that has passed every check and is to be stored. */
export interface AcceptedEvent {
  /** One that was promised before; nothing happens if it is stored already. @defaultValue a new one */
  id?: string;
  organizationId: string;
  environmentId: string;
  /** Of a message: its application. */
  sourceId: string;
  /** Of a message. @defaultValue null, of a webhook that came in */
  eventType?: string | null;
  /** Of a message: only endpoints with one of these, or without any, take it. */
  channels?: string[];
  /** Of a message: when it was posted, as its sender was told. @defaultValue when it is stored */
  receivedAt?: Date;
  /** Of a message: when its payload is removed. @defaultValue null, as long as the message */
  payloadExpiresAt?: Date | null;
  method: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** Raw query string without `?`. */
  query: string;
  sourceIp: string | null;
  body: Buffer;
  verificationStatus: VerificationStatus;
  /** With `schema_invalid`: how it does not fit. */
  verificationError?: string | null;
  /** What duplicates are recognised by. */
  dedupHash?: string | null;
  /** Stored, but never routed. @defaultValue false */
  isDuplicate?: boolean;
  /** Stored, and routed once its source is active again. @defaultValue false */
  isHeld?: boolean;
}

/** Bytes of bodies in one statement: bounds its memory, far above what gathers under load. */
const MAX_FLUSH_BYTES = 16 * 1024 * 1024;
const RETRY_AFTER_SECONDS = 5;

/**
 * Group commit: events that arrive together are stored by one statement and become one job. They stay in
 * the outbox (`unrouted_events`) until they are routed, so a crash before the job is added costs one sweep and no event.
 */
@Injectable()
export class EventWriter {
  private readonly batcher = new Batcher<AcceptedEvent, string>((events) => this.flush(events), {
    splitOn: (error) => !isConnectionFailure(error),
    maxWeight: MAX_FLUSH_BYTES,
    weigh: (event) => event.body.length,
  });

  constructor(
    @Inject(Database) private readonly database: Database,
    @InjectQueue(ROUTE_QUEUE) private readonly routeQueue: Queue<RouteJob>,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(Log) private readonly log: Log,
  ) {}

  /**
   * Stores an event.
   *
   * @returns its id, once it is durable
   * @throws ApiError `not_durable` when it could not be stored
   */
  async store(event: AcceptedEvent): Promise<string> {
    try {
      const id = await this.batcher.add(event);
      this.metrics.eventsAccepted.inc();
      return id;
    } catch (err) {
      this.log.error({ err, source_id: event.sourceId }, 'event not stored');
      throw new ApiError('not_durable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
  }

  /**
   * Stores events in a transaction of the caller's, who calls {@link wakeRouter} after the commit.
   *
   * @returns their ids
   */
  async storeIn(query: Query, events: AcceptedEvent[]): Promise<string[]> {
    const ids = events.map((event) => event.id ?? newId());
    const asText = events.map((event) => isText(event.body));
    const columns = [
      uuids(ids),
      uuids(events.map((event) => event.organizationId)),
      uuids(events.map((event) => event.environmentId)),
      uuids(events.map((event) => event.sourceId)),
      texts(events.map((event) => event.method)),
      texts(events.map((event) => event.headers['content-type'] ?? null)),
      texts(events.map((event) => event.sourceIp)),
      int4s(events.map((event) => event.body.length)),
      texts(events.map((event) => event.verificationStatus)),
      texts(events.map((event) => JSON.stringify(event.headers))),
      texts(events.map((event) => event.query)),
      texts(events.map((event, index) => (asText[index] ? event.body : null))),
      bytes(events.map((event, index) => (asText[index] ? null : event.body))),
    ];
    if (events.every(isPlain)) {
      await query('store_events', STORE_EVENTS, columns);
    } else {
      await query('store_marked_events', STORE_MARKED_EVENTS, [...columns, ...marks(ids, events)]);
    }
    return ids;
  }

  /** Not awaited: the events are durable, and the sweep routes what Redis does not hear of. */
  wakeRouter(eventIds: string[]): void {
    if (eventIds.length === 0) return;
    this.routeQueue.add(BATCH_JOB, { eventIds }).catch((err: unknown) => {
      this.log.warn({ err, events: eventIds.length }, 'events stored but not enqueued; the sweep will find them');
    });
  }

  private async flush(events: AcceptedEvent[]): Promise<string[]> {
    const query: Query = (name, text, values) => this.database.query(name, text, values);
    const ids = await this.storeIn(query, events);
    this.wakeRouter(ids.filter((_, index) => !events[index]?.isDuplicate && !events[index]?.isHeld));
    return ids;
  }
}

/** Whether everything about the event that may be left out is. */
function isPlain(event: AcceptedEvent): boolean {
  return !event.isDuplicate && !event.isHeld && !event.dedupHash && !event.verificationError && !event.eventType;
}

/** The columns that plain events do not have: reading and writing them costs a fifth of storing one. */
function marks(ids: string[], events: AcceptedEvent[]): Buffer[] {
  return [
    texts(events.map((event) => event.verificationError?.replaceAll('\0', '\ufffd') ?? null)),
    texts(events.map((event) => event.dedupHash ?? null)),
    texts(events.map((event) => (event.isDuplicate ? 'duplicate' : 'unique'))),
    uuids(ids.filter((_, index) => events[index]?.isHeld)),
    texts(events.map((event) => event.eventType ?? null)),
    texts(events.map(({ channels }) => (channels ? JSON.stringify(channels) : null))),
    uuids(ids.filter((_, index) => events[index]?.payloadExpiresAt)),
    timestamps(events.flatMap(({ payloadExpiresAt }) => payloadExpiresAt ?? [])),
    timestamps(events.map((event) => event.receivedAt ?? null)),
  ];
}

const COLUMNS = `id, organization_id, environment_id, source_id, method, content_type, source_ip, payload_bytes,
    verification_status`;
const VALUES = `$1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::int[],
    $9::text[]`;
const PAYLOADS = (onConflict = '') => `payloads as (
  insert into event_payloads (event_id, headers, query, body_text, body_bytes)
  select * from unnest($1::uuid[], $10::text[], $11::text[], $12::text[], $13::bytea[])${onConflict}
)`;
const UNLESS_STORED = ' on conflict do nothing';

const STORE_EVENTS = `
with stored as (
  insert into events (${COLUMNS}) select * from unnest(${VALUES}) returning id, source_id, seq
), ${PAYLOADS()}
insert into unrouted_events (event_id, source_id, seq) select id, source_id, seq from stored`;

/** Duplicates are counted here, for the router, which counts the others, does not see them. */
const STORE_MARKED_EVENTS = `
with stored as (
  insert into events (${COLUMNS}, verification_error, dedup_hash, dedup_status, event_type, channels,
    received_at)
  select ${COLUMNS}, verification_error, dedup_hash, dedup_status, event_type, channels, coalesce(received_at, now())
  from unnest(${VALUES}, $14::text[], $15::text[], $16::text[], $18::text[], $19::text[]::jsonb[], $22::timestamptz[])
    e (${COLUMNS}, verification_error, dedup_hash, dedup_status, event_type, channels, received_at)${UNLESS_STORED}
  returning id as event_id, source_id, seq, dedup_status, id = any($17::uuid[]) as held
), ${PAYLOADS(UNLESS_STORED)}, expiries as (
  insert into payload_expiries (event_id, expires_at)
  select * from unnest($20::uuid[], $21::timestamptz[])${UNLESS_STORED}
), counted as (
  insert into counter_deltas (subject_id, count, last_at)
  select source_id, count(*), now() from stored where dedup_status = 'duplicate' group by source_id
)
insert into unrouted_events (event_id, source_id, seq, held)
select event_id, source_id, seq, held from stored where dedup_status = 'unique'`;
