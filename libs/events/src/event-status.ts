/**
 * What became of an event, from its deliveries. Not stored: one row less to write for every attempt.
 * `received` is also the status of an event that no connection took.
 */
export const EVENT_STATUSES = ['received', 'processing', 'delivered', 'failed'] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** Ids of an event's deliveries start with the 48 bits of time of its own. @param id column of the event's id */
export const deliveriesOf = (id: string) => `
  d.id between (left(${id}::text, 13) || '-0000-0000-000000000000')::uuid
    and (left(${id}::text, 13) || '-ffff-ffff-ffffffffffff')::uuid and d.event_id = ${id}`;

/** SQL of an event's status; the event is `e`. */
export const EVENT_STATUS = `
case when exists (select from unrouted_events u where u.event_id = e.id) then 'received' else (
  select case
    when bool_or(d.state in ('waiting', 'queued', 'retrying')) then 'processing'
    when bool_or(d.state = 'dead') then 'failed'
    when bool_or(d.state = 'delivered') then 'delivered'
    else 'received' end
  from deliveries d where ${deliveriesOf('e.id')}) end`;
