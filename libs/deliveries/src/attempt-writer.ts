import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { newId } from '#libs/crypto';
import {
  Batcher,
  booleans,
  Database,
  int2s,
  int4s,
  isConnectionFailure,
  texts,
  timestamps,
  uuids,
} from '#libs/database';
import { type ReceivedResponse, type SentRequest } from '#libs/destinations';
import { OF_MESSAGE, tellOfEndpoints } from '#libs/operational';
import { type AttemptStatus } from './delivery-attempt.entity.js';
import { type DeliveryState, type TriggerType } from './delivery.entity.js';
import { idBounds } from './id-bounds.js';

/** How long an attempt waits for PostgreSQL to come back, and how often it looks. */
const RECORD_WITHIN_MS = 60_000;
const RECORD_AGAIN_MS = 500;

/** One finished try and what it makes of its delivery. */
export interface AttemptRecord {
  deliveryId: string;
  /** From 1; the delivery must have made one less. */
  number: number;
  environmentId: string;
  eventId: string;
  connectionId: string;
  destinationId: string;
  triggerType: TriggerType;
  status: AttemptStatus;
  cause: string | null;
  error: string | null;
  request: SentRequest;
  requestBodyBytes: number;
  response: ReceivedResponse | null;
  durationMs: number;
  startedAt: Date;
  /** State of the delivery after this try. */
  state: Extract<DeliveryState, 'delivered' | 'retrying' | 'dead'>;
  /** With state `retrying`. */
  retryDelayMs: number | null;
}

/**
 * Group commit of attempts together with the state of their deliveries. The update is a compare-and-set on the attempt
 * number: of two runs of the same try only the first is recorded.
 */
@Injectable()
export class AttemptWriter {
  private readonly batcher = new Batcher<AttemptRecord, boolean>((records) => this.flush(records), {
    splitOn: (error) => !isConnectionFailure(error),
  });

  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Waits for a PostgreSQL that is away: what has been sent should not be sent again for want of a record.
   *
   * @returns whether it was recorded; false for a late duplicate, or when the delivery was cancelled meanwhile
   */
  async record(record: AttemptRecord): Promise<boolean> {
    const startedAt = performance.now();
    for (;;) {
      try {
        return await this.batcher.add(record);
      } catch (error) {
        if (!isConnectionFailure(error) || performance.now() - startedAt > RECORD_WITHIN_MS) throw error;
        await setTimeout(RECORD_AGAIN_MS);
      }
    }
  }

  private async flush(records: AttemptRecord[]): Promise<boolean[]> {
    const deliveryIds = records.map((record) => record.deliveryId);
    const rows = await this.database.query<{ delivery_id: string; number: number }>('record_attempts', RECORD, [
      uuids(deliveryIds),
      int2s(records.map((record) => record.number)),
      uuids(records.map(() => newId())),
      uuids(records.map((record) => record.environmentId)),
      uuids(records.map((record) => record.eventId)),
      uuids(records.map((record) => record.connectionId)),
      uuids(records.map((record) => record.destinationId)),
      texts(records.map((record) => record.status)),
      texts(records.map((record) => record.cause)),
      texts(records.map((record) => record.error && storable(record.error))),
      texts(records.map((record) => record.request.url)),
      texts(records.map((record) => record.request.method)),
      texts(records.map((record) => JSON.stringify(record.request.headers))),
      int4s(records.map((record) => record.requestBodyBytes)),
      int2s(records.map((record) => record.response?.status ?? null)),
      texts(records.map(({ response }) => response && storable(JSON.stringify(response.headers)))),
      texts(records.map(({ response }) => response && storable(response.body))),
      int4s(records.map((record) => record.durationMs)),
      texts(records.map((record) => record.triggerType)),
      timestamps(records.map((record) => record.startedAt)),
      texts(records.map((record) => record.state)),
      int4s(records.map((record) => record.retryDelayMs)),
      booleans(records.map((record) => record.state === 'dead')),
      ...idBounds(deliveryIds),
    ]);
    const recorded = new Set(rows.map((row) => `${row.delivery_id}:${row.number}`));
    return records.map((record) => recorded.delete(`${record.deliveryId}:${record.number}`));
  }
}

/** PostgreSQL's text takes every character but NUL. */
export function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text;
}

/** What the update needs of the record of this row: the arrays are short, and a join could be planned the wrong way. */
const own = (array: string) => `(${array})[array_position($1::uuid[], id)]`;

/** Of the attempts that settled the delivery before, the last was a dead letter. */
const WAS_DEAD = `(
    select a.is_dead_letter from delivery_attempts a
    where a.delivery_id = recorded.delivery_id and (a.is_dead_letter or a.status = 'success')
    order by a.delivery_id, a.number desc limit 1)`;

/**
 * Any live state is taken, so that a slow run whose row the sweep took back still counts (docs/delivery.md). An endpoint is
 * its own connection: its failures are counted and its dead letters are news; of other traffic only successes are counted.
 */
export const RECORD = `
with moved as (
  update deliveries set state = ${own('$21::text[]')}, cause = ${own('$9::text[]')}, attempts = attempts + 1,
    next_retry_at = now() + ${own('$22::int[]')} * interval '1 millisecond'
  where id = any($1::uuid[]) and id between $24::uuid and $25::uuid
    and attempts = ${own('$2::smallint[]')} - 1 and state in ('waiting', 'queued', 'retrying')
  returning id, attempts_before
), recorded as (
  insert into delivery_attempts (delivery_id, number, id, environment_id, event_id, connection_id, destination_id,
    status, cause, error, request_url, request_method, request_headers, request_body_bytes, response_status,
    response_headers, response_body, duration_ms, trigger_type, created_at, next_retry_at, is_dead_letter)
  select r.delivery_id, r.number, r.id, r.environment_id, r.event_id, r.connection_id, r.destination_id, r.status,
    r.cause, r.error, r.url, r.method, r.request_headers, r.body_bytes, r.response_status, r.response_headers,
    r.response_body, r.duration_ms, r.trigger_type, r.started_at, now() + r.delay_ms * interval '1 millisecond',
    r.is_dead_letter
  from unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[],
      $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::int[], $15::smallint[], $16::text[],
      $17::text[], $18::int[], $19::text[], $20::timestamptz[], $22::int[], $23::boolean[])
    r (delivery_id, number, id, environment_id, event_id, connection_id, destination_id, status, cause, error, url,
      method, request_headers, body_bytes, response_status, response_headers, response_body, duration_ms,
      trigger_type, started_at, delay_ms, is_dead_letter)
  where r.delivery_id = any(array(select id from moved))
  -- The same try of two runs in one flush: the first is taken.
  on conflict (delivery_id, number) do nothing
  returning delivery_id, number, event_id, connection_id, destination_id, status, cause, response_status, is_dead_letter
), counted as (
  insert into counter_deltas (subject_id, count, last_at)
  select destination_id, count(*), now() from recorded where status = 'success' group by destination_id
), failures as (
  insert into counter_deltas (subject_id, count, last_at, failed, timed_out, errored, given_up)
  select destination_id, 0, now(), count(*) filter (where status = 'failed'), count(*) filter (where status = 'timeout'),
    count(*) filter (where status = 'error'), count(*) filter (where is_dead_letter)
  from recorded where connection_id = destination_id and status <> 'success' group by destination_id
), turns as (
  select recorded.*, destination_id as endpoint_id from recorded
  where connection_id = destination_id and (is_dead_letter or status = 'success'
    and exists (select from moved where id = delivery_id and attempts_before > 0) and ${WAS_DEAD})
), told as (${tellOfEndpoints(
  'turns',
  `case when r.is_dead_letter then 'message.attempt.exhausted' else 'message.attempt.recovered' end`,
  OF_MESSAGE,
)}
)
select delivery_id, number from recorded`;
