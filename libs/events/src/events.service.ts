import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { type Condition, equals, search, type SearchResult, type SearchWindow } from '#libs/database';
import { ApiError } from '#libs/errors';
import { type Principal } from '#libs/tenancy';
import { EventPayload } from './event-payload.entity.js';
import { EVENT_STATUS, type EventStatus } from './event-status.js';
import { type IgnoredConnection, type VerificationStatus } from './event.entity.js';

export interface EventFilter {
  sourceId?: string;
  status?: EventStatus;
  verificationStatus?: string;
  dedupStatus?: string;
  method?: string;
  /** Beginning of an event id, or part of a payload. */
  search?: string;
  /** Received at or after. */
  after?: Date;
  /** Received before. */
  before?: Date;
}

/** An event as lists show it. */
export interface EventSummary {
  id: string;
  source_id: string;
  organization_id: string;
  environment_id: string;
  method: string;
  content_type: string | null;
  source_ip: string | null;
  payload_bytes: number;
  verification_status: VerificationStatus;
  verification_error: string | null;
  dedup_status: string;
  dedup_hash: string | null;
  status: EventStatus;
  received_at: Date;
  ignored: Record<string, IgnoredConnection> | null;
  source_name: string | null;
  source_slug: string | null;
}

/** Finds stored webhooks; messages are events too, but have a list of their own. */
@Injectable()
export class EventsService {
  constructor(@Inject(EntityManager) private readonly em: EntityManager) {}

  /** Newest first. */
  list({ environmentId }: Principal, filter: EventFilter, window: SearchWindow): Promise<SearchResult<EventSummary>> {
    const where = [...equals('e.environment_id', environmentId), CAME_IN, ...conditions(filter)];
    return search(this.em.fork(), { columns: COLUMNS, from: FROM, id: 'e.id', where }, window);
  }

  /** @throws ApiError `event_not_found` */
  async get({ environmentId }: Principal, id: string): Promise<{ event: EventSummary; payload: EventPayload | null }> {
    const em = this.em.fork();
    const rows = await em.execute<EventSummary[]>(
      `select ${COLUMNS} from ${FROM} where e.id = ? and e.environment_id = ? and ${CAME_IN.sql}`,
      [id, environmentId],
    );
    const event = rows[0];
    if (!event) throw new ApiError('event_not_found');
    return { event, payload: await em.findOne(EventPayload, { eventId: id }) };
  }
}

const CAME_IN: Condition = { sql: 'e.event_type is null', params: [] };
const FROM = 'events e left join sources s on s.id = e.source_id';
const COLUMNS = `e.id, e.source_id, e.organization_id, e.environment_id, e.method, e.content_type, e.source_ip,
  e.payload_bytes, e.verification_status, e.verification_error, e.dedup_status, e.dedup_hash, e.received_at, e.ignored, s.name as source_name,
  s.slug as source_slug, ${EVENT_STATUS} as status`;

function conditions(filter: EventFilter): Condition[] {
  return [
    ...equals('e.source_id', filter.sourceId),
    ...equals('e.method', filter.method?.toUpperCase()),
    ...equals('e.verification_status', filter.verificationStatus),
    ...equals('e.dedup_status', filter.dedupStatus),
    ...equals(EVENT_STATUS, filter.status),
    ...(filter.after ? [{ sql: 'e.received_at >= ?', params: [filter.after] }] : []),
    ...(filter.before ? [{ sql: 'e.received_at < ?', params: [filter.before] }] : []),
    ...(filter.search ? [contains(filter.search)] : []),
  ];
}

function contains(text: string): Condition {
  const literal = text.replace(/[\\%_]/g, '\\$&');
  return {
    sql: `replace(e.id::text, '-', '') like ? or exists (
      select from event_payloads p where p.event_id = e.id and p.body_text ilike ?)`,
    params: [`${literal.toLowerCase()}%`, `%${literal}%`],
  };
}
