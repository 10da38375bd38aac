import { Inject, Injectable } from '@nestjs/common';
import { Database, decodeCursor, type Page, type PageRequest, toPage } from '#libs/database';
import { deliveriesOf } from '#libs/events';
import { type Principal } from '#libs/tenancy';
import { type AttemptRow } from './attempts.service.js';
import { type AttemptStatus } from './delivery-attempt.entity.js';
import { type DeliveryState } from './delivery.entity.js';

export interface MessageAttemptFilter extends PageRequest {
  status?: AttemptStatus;
}

/** One try to deliver a message to an endpoint. */
export type MessageAttempt = Omit<AttemptRow, 'connection_name' | 'destination_name'>;

/** A message on its way to one endpoint. */
export interface MessageDelivery {
  endpoint_id: string;
  /** Null once the endpoint is deleted. */
  endpoint_url: string | null;
  state: DeliveryState;
  cause: string | null;
  attempts: number;
  next_retry_at: Date | null;
}

/** Shows what became of messages, whose connection and destination are their endpoint. */
@Injectable()
export class MessageDeliveriesService {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The tries to deliver one message, newest first. */
  attemptsOfMessage(principal: Principal, id: string, filter: MessageAttemptFilter): Promise<Page<MessageAttempt>> {
    return this.attempts('message', ATTEMPTS_OF_MESSAGE, principal, id, filter);
  }

  /** The tries at one endpoint, newest first. */
  attemptsAtEndpoint(principal: Principal, id: string, filter: MessageAttemptFilter): Promise<Page<MessageAttempt>> {
    return this.attempts('endpoint', ATTEMPTS_AT_ENDPOINT, principal, id, filter);
  }

  /** The deliveries of one message, oldest endpoint first. */
  ofMessage({ environmentId }: Principal, messageId: string): Promise<MessageDelivery[]> {
    return this.database.query<MessageDelivery>('deliveries_of_message', OF_MESSAGE, [messageId, environmentId]);
  }

  private async attempts(
    of: string,
    statements: Record<keyof typeof STATUSES, string>,
    { environmentId }: Principal,
    id: string,
    { cursor, limit, status }: MessageAttemptFilter,
  ): Promise<Page<MessageAttempt>> {
    const which = status === undefined ? 'all' : status === 'success' ? 'success' : 'other';
    const rows = await this.database.query<MessageAttempt>(`attempts_of_${of}_${which}`, statements[which], [
      ...[id, environmentId, cursor ? decodeCursor(cursor) : LAST_ID, limit + 1],
      ...(which === 'other' ? [status] : []),
    ]);
    return toPage(rows, limit);
  }
}

const LAST_ID = 'f'.repeat(32);

/** What did not succeed has an index of its own. */
const STATUSES = {
  all: '',
  success: ` and a.status = 'success'`,
  other: ` and a.status <> 'success' and a.status = $5`,
};

/** A statement for each kind of filter, so that each has the right plan. */
function attempts(condition: string): Record<keyof typeof STATUSES, string> {
  const statement = (status: string) => `
select a.id, a.delivery_id, a.number, a.environment_id, a.event_id, a.connection_id, a.destination_id, a.status,
  a.cause, a.error, a.request_url, a.request_method, a.request_headers, a.request_body_bytes, a.response_status,
  a.response_headers, a.response_body, a.duration_ms, a.next_retry_at, a.is_dead_letter, a.trigger_type, a.created_at
from delivery_attempts a
where ${condition} and a.environment_id = $2::uuid and a.id < $3::uuid${status} order by a.id desc limit $4::int`;
  return { all: statement(STATUSES.all), success: statement(STATUSES.success), other: statement(STATUSES.other) };
}

export const ATTEMPTS_AT_ENDPOINT = attempts('a.destination_id = $1::uuid');

/** Delivery ids start with their message's time, and attempts are stored by delivery. */
export const ATTEMPTS_OF_MESSAGE = attempts(`a.event_id = $1::uuid
  and a.delivery_id >= (left($1::uuid::text, 13) || '-0000-0000-000000000000')::uuid
  and a.delivery_id <= (left($1::uuid::text, 13) || '-ffff-ffff-ffffffffffff')::uuid`);

const OF_MESSAGE = `
select d.destination_id as endpoint_id, n.url as endpoint_url, d.state, d.cause, d.attempts, d.next_retry_at
from (select $1::uuid as id) m
  join deliveries d on ${deliveriesOf('m.id')}
  left join endpoints n on n.id = d.destination_id
where d.environment_id = $2::uuid order by d.destination_id`;
