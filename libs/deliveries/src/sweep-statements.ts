import { OF_MESSAGE, tellOfEndpoints } from '#libs/operational';
import { ADMISSIBLE } from './admissible.js';

/** Events that were lost eleven times are given up: one that kills its worker must not do so for ever. */
export const UNROUTED = `
update unrouted_events set recoveries = recoveries + 1
where event_id = any(array(
    select event_id from unrouted_events where received_at < $1 and not held order by event_id limit $2
    for update skip locked))
returning event_id as id, recoveries`;

/** Says of every connection, or of every endpoint, that the event was not routed. */
export const ABANDON_EVENTS = `
with given_up as (
  delete from unrouted_events where event_id = any($1::uuid[]) returning event_id, source_id
)
update events e set ignored = (
  select jsonb_object_agg(replace(c.id::text, '-', ''), '{"cause": "abandoned"}'::jsonb)
  from (
    select id from connections where source_id = e.source_id
    union all select id from endpoints where application_id = e.source_id) c)
where e.id = any(array(select event_id from given_up))`;

/** Due retries of destinations with more of them than have jobs are picked up here too, and are not late for that. */
export const RETRIES_OVERDUE = `
update deliveries x set state = 'waiting', cause = null, next_retry_at = null
where id = any(array(
    select id from deliveries where state = 'retrying' and next_retry_at < now() - interval '10 seconds'
    order by next_retry_at limit $1 for update skip locked))
  and state = 'retrying'
returning destination_id, (select count(*) from (
    select from deliveries d where d.destination_id = x.destination_id and d.state = 'retrying' limit 200) r) < 200 as late`;

/** Goes from destination to destination along an index, for there may be millions of rows of one. */
const DESTINATIONS = (condition: string) => `
with recursive next (destination_id) as (
  (select destination_id from deliveries where ${condition} order by destination_id limit 1)
  union all
  select (select d.destination_id from deliveries d where ${condition} and d.destination_id > n.destination_id
    order by d.destination_id limit 1)
  from next n where n.destination_id is not null
)`;

/** Those with deliveries that wait, whether they exist, and whether the first has waited for longer than a moment. */
export const WAITING_DESTINATIONS = `${DESTINATIONS(ADMISSIBLE)}
select n.destination_id, (select t.status from targets t where t.id = n.destination_id) as status,
  (select d.created_at < now() - interval '10 seconds' from deliveries d
    where d.destination_id = n.destination_id and ${ADMISSIBLE}
    order by d.destination_id, d.seq, d.id limit 1) as is_old
from next n where n.destination_id is not null`;

export const CANCEL_LEFT_OVER = `
insert into cancellations (destination_id, cause)
select d.id, case
  when exists (select from endpoints e where e.id = d.id and e.status = 'active' and e.expires_at <= now())
  then 'endpoint_expired'
  when exists (select from targets t where t.id = d.id) then 'destination_disabled' else 'destination_deleted' end
from unnest($1::uuid[]) d (id) on conflict do nothing`;

/** Deliveries queued for longer than so many seconds. */
export const QUEUED_ROWS = `${DESTINATIONS(`state = 'queued'`)}
select q.id, q.destination_id, q.admitted_at from next n cross join lateral (
  select id, destination_id, admitted_at from deliveries d
  where d.destination_id = n.destination_id and state = 'queued' and admitted_at <= now() - $1::int * interval '1 second'
  order by d.destination_id, admitted_at limit $2) q
where n.destination_id is not null limit 10 * $2`;

/** Which of these deliveries are queued. */
export const QUEUED_AMONG = `
select id from deliveries where id = any($1::uuid[]) and id between $2::uuid and $3::uuid and state = 'queued'`;

/** A payload that kills its worker must not do so for ever: after ten losses the delivery is a dead letter. */
export const TAKE_BACK = `
with taken as (
  update deliveries set recoveries = recoveries + 1,
    state = case when recoveries >= 10 then 'dead' else 'waiting' end,
    cause = case when recoveries >= 10 then 'abandoned' end
  where id = any($1::uuid[]) and state = 'queued'
  returning event_id, connection_id, destination_id, state, cause, attempts
), given_up as (
  select event_id, destination_id as endpoint_id, attempts as number, null::int as response_status, cause from taken
  where state = 'dead' and connection_id = destination_id
), counted as (
  insert into counter_deltas (subject_id, count, last_at, given_up)
  select endpoint_id, 0, now(), count(*) from given_up group by endpoint_id
), told as (${tellOfEndpoints('given_up', `'message.attempt.exhausted'`, OF_MESSAGE)})
select destination_id, state from taken`;
