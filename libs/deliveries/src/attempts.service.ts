import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { type Condition, equals, search, type SearchResult, type SearchWindow } from '#libs/database';
import { ApiError } from '#libs/errors';
import { deliveriesOf } from '#libs/events';
import { type Principal } from '#libs/tenancy';
import { type AttemptStatus, type AttemptTrigger } from './delivery-attempt.entity.js';
import { type DeliveryState } from './delivery.entity.js';

export interface AttemptFilter {
  eventId?: string;
  connectionId?: string;
  destinationId?: string;
  status?: AttemptStatus;
  /** Only attempts after which their delivery was given up. */
  deadLetters?: boolean;
}

/** One try as it was recorded, with the names of what it went over. */
export interface AttemptRow {
  id: string;
  delivery_id: string;
  number: number;
  environment_id: string;
  event_id: string;
  connection_id: string;
  destination_id: string;
  status: AttemptStatus;
  cause: string | null;
  error: string | null;
  request_url: string;
  request_method: string;
  request_headers: string | null;
  request_body_bytes: number;
  response_status: number | null;
  response_headers: string | null;
  response_body: string | null;
  duration_ms: number | null;
  next_retry_at: Date | null;
  is_dead_letter: boolean;
  trigger_type: AttemptTrigger;
  created_at: Date;
  connection_name: string | null;
  destination_name: string | null;
}

/** A delivery of an event, as the event shows it. */
export interface DeliverySummary {
  id: string;
  connection_id: string;
  destination_id: string;
  connection_name: string | null;
  destination_name: string | null;
  state: DeliveryState;
  cause: string | null;
  attempts: number;
  next_retry_at: Date | null;
}

/** Finds attempts and deliveries of webhooks that came in, not those of messages, whose connection is their endpoint itself. */
@Injectable()
export class AttemptsService {
  constructor(@Inject(EntityManager) private readonly em: EntityManager) {}

  /** Newest first. */
  list({ environmentId }: Principal, filter: AttemptFilter, window: SearchWindow): Promise<SearchResult<AttemptRow>> {
    const where = [...equals('a.environment_id', environmentId), CAME_IN, ...conditions(filter)];
    return search(this.em.fork(), { columns: COLUMNS, from: FROM, id: 'a.id', where }, window);
  }

  /** @throws ApiError `attempt_not_found` */
  async get({ environmentId }: Principal, id: string): Promise<AttemptRow> {
    const [attempt] = await this.em
      .fork()
      .execute<AttemptRow[]>(
        `select ${COLUMNS} from ${FROM} where a.environment_id = ? and a.id = ? and ${CAME_IN.sql}`,
        [environmentId, id],
      );
    if (!attempt) throw new ApiError('attempt_not_found');
    return attempt;
  }

  /** The attempts at the endpoints that a message was sent to, newest first, at most 100. */
  async ofMessage({ environmentId }: Principal, messageId: string): Promise<AttemptRow[]> {
    const { sql, params } = ofEvent(messageId);
    return this.em
      .fork()
      .execute<AttemptRow[]>(
        `select ${COLUMNS} from ${FROM} where a.environment_id = ? and ${sql} order by a.id desc limit 100`,
        [environmentId, ...params],
      );
  }

  /** The deliveries of one event, oldest connection first. */
  async ofEvent({ environmentId }: Principal, eventId: string): Promise<DeliverySummary[]> {
    return this.em.fork().execute<DeliverySummary[]>(OF_EVENT, [eventId, environmentId]);
  }
}

const CAME_IN: Condition = { sql: 'a.connection_id <> a.destination_id', params: [] };
const FROM = `delivery_attempts a
  left join connections c on c.id = a.connection_id left join destinations t on t.id = a.destination_id`;
const COLUMNS = `a.id, a.delivery_id, a.number, a.environment_id, a.event_id, a.connection_id, a.destination_id, a.status,
  a.cause, a.error, a.request_url, a.request_method, a.request_headers, a.request_body_bytes, a.response_status,
  a.response_headers, a.response_body, a.duration_ms, a.next_retry_at, a.is_dead_letter, a.trigger_type, a.created_at,
  c.name as connection_name, t.name as destination_name`;

const OF_EVENT = `
select d.id, d.connection_id, d.destination_id, c.name as connection_name, t.name as destination_name, d.state,
  case when d.state = 'waiting' and t.status = 'paused' then coalesce(d.cause, 'destination_paused') else d.cause end as cause,
  d.attempts, d.next_retry_at
from (select ?::uuid as id) e
  join deliveries d on ${deliveriesOf('e.id')}
  left join connections c on c.id = d.connection_id left join destinations t on t.id = d.destination_id
where d.environment_id = ? order by d.connection_id`;

function conditions(filter: AttemptFilter): Condition[] {
  return [
    ...(filter.eventId ? [ofEvent(filter.eventId)] : []),
    ...equals('a.connection_id', filter.connectionId),
    ...equals('a.destination_id', filter.destinationId),
    ...equals('a.status', filter.status),
    ...(filter.deadLetters ? [{ sql: 'a.is_dead_letter', params: [] }] : []),
  ];
}

/** Delivery ids start with their event's time, and attempts are stored by delivery. */
function ofEvent(eventId: string): Condition {
  const time = eventId.slice(0, 12);
  return {
    sql: 'a.event_id = ? and a.delivery_id between ? and ?',
    params: [eventId, time + '0'.repeat(20), time + 'f'.repeat(20)],
  };
}
