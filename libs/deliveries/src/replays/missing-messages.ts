import { Inject, Injectable } from '@nestjs/common';
import { derivedId } from '#libs/crypto';
import { Database, uuids } from '#libs/database';
import { DestinationCache } from '#libs/destinations';
import { type Route, RouteCache } from '#libs/routing';
import { idBounds } from '../id-bounds.js';
import { HAS_BODY } from '../payload-removal-statements.js';

/** Messages of one look. */
const BATCH = 1000;
/** Messages that one step looks at; most of them may have arrived. */
const MAX_MESSAGES = 10_000;
/** As far as they are looked at to count exactly. */
const MAX_COUNTED = 10_000;
/** Beyond, even the upper bound takes too long for an answer. */
const MAX_TOTAL = 1_000_000;

/** Which messages an endpoint may miss. */
export interface MissingScope {
  environmentId: string;
  applicationId: string;
  endpointId: string;
  /** Posted at or after. */
  from: Date;
  /** Posted before. */
  to: Date;
  /** Ids of these messages lie in between. */
  firstId: string;
  lastId: string;
}

/** A message as its delivery needs it. */
export interface MissedMessage {
  id: string;
  seq: number;
  source_id: string;
  payload_bytes: number;
  /** Of the delivery: the one that routing would have made. */
  deliveryId: string;
}

/** What a look at the next messages found. */
export interface MissedMessages {
  taken: MissedMessage[];
  /** Messages that are missing, but whose payload has been removed. */
  skipped: number;
  /** Where the next look goes on. */
  cursorId: string;
  isExhausted: boolean;
}

/** What an endpoint takes, or why it gets nothing. */
export type MissingLine = { route: Route } | { problem: 'destination_deleted' | 'destination_disabled' };

/** Finds messages that an endpoint takes as it is now and that never arrived there, oldest first. */
@Injectable()
export class MissingMessages {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RouteCache) private readonly routes: RouteCache,
    @Inject(DestinationCache) private readonly destinations: DestinationCache,
  ) {}

  /** The way to the endpoint as it is now. */
  async line({ applicationId, endpointId }: Pick<MissingScope, 'applicationId' | 'endpointId'>): Promise<MissingLine> {
    const [routes, targets] = await Promise.all([
      this.routes.getMany([applicationId]),
      this.destinations.getMany([endpointId]),
    ]);
    const route = routes.get(applicationId)?.routes.get(endpointId);
    const target = targets.get(endpointId);
    if (!route || !target) return { problem: 'destination_deleted' };
    return target.status === 'disabled' ? { problem: 'destination_disabled' } : { route };
  }

  /**
   * The next messages that are missing.
   *
   * @param cursorId the last message that was looked at
   * @param wanted so many at most, at least 1
   */
  async next(scope: MissingScope, route: Route, cursorId: string, wanted: number): Promise<MissedMessages> {
    const found: MissedMessages = { taken: [], skipped: 0, cursorId, isExhausted: false };
    for (let lookedAt = 0; lookedAt < MAX_MESSAGES; lookedAt += BATCH) {
      const messages = await this.batch(scope, found.cursorId);
      for (const { message, isKept } of await this.missing(messages, route, scope.endpointId)) {
        if (isKept) found.taken.push(message);
        else found.skipped++;
        if (found.taken.length === wanted) return { ...found, cursorId: message.id };
      }
      found.cursorId = messages.at(-1)?.id ?? found.cursorId;
      if (messages.length < BATCH) return { ...found, isExhausted: true };
    }
    return found;
  }

  /**
   * How many messages are missing.
   *
   * @returns how many the application was sent, an upper bound, when these are too many to look at
   */
  async count(scope: MissingScope, route: Route): Promise<{ total: number; isEstimate: boolean }> {
    const { taken, isExhausted } = await this.next(scope, route, scope.firstId, MAX_COUNTED);
    if (isExhausted) return { total: taken.length, isEstimate: false };
    const [row] = await this.database.query<{ total: number }>('count_messages', COUNT, [
      ...messagesOf(scope, scope.firstId),
      MAX_TOTAL,
    ]);
    return { total: row?.total ?? 0, isEstimate: true };
  }

  private batch(scope: MissingScope, cursorId: string): Promise<MessageRow[]> {
    return this.database.query<MessageRow>('next_messages', MESSAGES, [...messagesOf(scope, cursorId), BATCH]);
  }

  /** Those that the endpoint takes and does not have, in their order. */
  private async missing(
    messages: MessageRow[],
    route: Route,
    endpointId: string,
  ): Promise<{ message: MissedMessage; isKept: boolean }[]> {
    const taken = messages
      .filter((message) => takes(route, message))
      .map((message) => ({ ...message, deliveryId: derivedId(message.id, endpointId) }));
    const arrived = await this.among(
      'delivered_among',
      DELIVERED,
      taken.map(({ deliveryId }) => deliveryId),
    );
    const missing = taken.filter(({ deliveryId }) => !arrived.has(deliveryId));
    const kept = await this.among(
      'kept_among',
      KEPT,
      missing.map(({ id }) => id),
    );
    return missing.map((message) => ({ message, isKept: kept.has(message.id) }));
  }

  /** Which of the ids a statement finds. */
  private async among(name: string, statement: string, ids: string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const rows = await this.database.query<{ id: string }>(name, statement, [uuids(ids), ...idBounds(ids)]);
    return new Set(rows.map(({ id }) => id));
  }
}

interface MessageRow extends Omit<MissedMessage, 'deliveryId'> {
  event_type: string;
  channels: string[] | null;
}

function takes(route: Route, { event_type: eventType, channels }: MessageRow): boolean {
  const nothing = { payload: undefined, headers: {}, method: 'POST', contentType: null, sourceIp: null };
  return route.matches({ ...nothing, eventType, channels }).pass;
}

/** Parameters of {@link FOUND}. */
function messagesOf({ applicationId, environmentId, lastId, from, to }: MissingScope, cursorId: string): unknown[] {
  return [applicationId, cursorId, lastId, from, to, environmentId];
}

/** What is not routed yet is delivered in its own time. */
const FOUND = `
from events e
where e.source_id = $1::uuid and e.id > $2::uuid and e.id <= $3::uuid
  and e.received_at >= $4::timestamptz and e.received_at < $5::timestamptz
  and e.environment_id = $6::uuid and e.event_type is not null
  and not exists (select from unrouted_events u where u.event_id = e.id)`;

export const MESSAGES = `
select e.id, e.seq, e.source_id, e.payload_bytes, e.event_type, e.channels ${FOUND} order by e.id limit $7::int`;

const COUNT = `select count(*)::int as total from (select ${FOUND} limit $7::int) counted`;

/**
 * A delivery that was taken back before it arrived counts as none, unless it is of a job that may still count it. Attempts
 * are not asked for by `exists`, which may be planned as a hash of all.
 */
export const DELIVERED = `
select d.id from deliveries d
where d.id = any($1::uuid[]) and d.id between $2::uuid and $3::uuid and (d.state <> 'cancelled'
  or coalesce((select true from delivery_attempts a where a.delivery_id = d.id and a.status = 'success' limit 1), false)
  or exists (select from replays r where r.id = d.replay_id and r.status in ('running', 'paused')))`;

export const KEPT = `
select event_id as id from event_payloads
where event_id = any($1::uuid[]) and event_id between $2::uuid and $3::uuid and ${HAS_BODY}`;
