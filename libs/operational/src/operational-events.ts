/** What is told of endpoints and destinations, as event types of the messages that tell it. */
export type OperationalEventType =
  | 'endpoint.created'
  | 'endpoint.updated'
  | 'endpoint.deleted'
  | 'endpoint.disabled'
  | 'endpoint.expired'
  | 'message.attempt.exhausted'
  | 'message.attempt.recovered'
  | 'circuit.opened'
  | 'circuit.closed';

const wireId = (id: string) => `replace(${id}::text, '-', '')`;

/** SQL: whether some application of the environment gets the news. */
const isHeard = (environmentId: string) => `exists (
    select from applications o where o.environment_id = ${environmentId} and o.operational and o.status = 'active')`;

/**
 * SQL that notes news of endpoints, in the statement or the transaction of what happened. Nothing is noted that nobody
 * would get, nor about endpoints that get the news themselves: that would never end.
 *
 * @param rows relation with a column `endpoint_id`; `r` in the other expressions
 * @param type expression of an {@link OperationalEventType}
 * @param more expression of further fields of the data
 */
export const tellOfEndpoints = (rows: string, type: string, more = `'{}'::jsonb`): string => `
  insert into operational_events (environment_id, type, data)
  select e.environment_id, ${type}, jsonb_build_object('application_id', ${wireId('e.application_id')},
    'application_uid', e.uid, 'endpoint_id', ${wireId('e.id')}) || ${more}
  from ${rows} r cross join lateral (
    select x.id, x.environment_id, x.application_id, a.uid from endpoints x join applications a on a.id = x.application_id
    where x.id = r.endpoint_id and not a.operational and ${isHeard('x.environment_id')}
    limit 1) e`;

/** Fields of news of a message. @param rows as of {@link tellOfEndpoints}, with what is known of the attempt */
export const OF_MESSAGE = `jsonb_build_object('message_id', ${wireId('r.event_id')},
    'message_event_id', (select v.dedup_hash from events v where v.id = r.event_id),
    'attempt_number', r.number, 'response_status', r.response_status, 'cause', r.cause)`;

/** Notes news of the circuit of a target ($1), be it a destination or an endpoint; $2 is the type. */
export const TELL_OF_CIRCUIT = `
with target as (
  select $1::uuid as endpoint_id
), of_endpoint as (${tellOfEndpoints('target', '$2::text')})
insert into operational_events (environment_id, type, data)
select d.environment_id, $2::text, jsonb_build_object('destination_id', ${wireId('d.id')})
from destinations d where d.id = $1 and ${isHeard('d.environment_id')}`;
