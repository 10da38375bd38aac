/** Ids as the API writes them. */
export const hex = (column: string) => `replace(${column}::text, '-', '') as ${column}`;

export const DELIVERIES = `
select ${['id', 'event_id', 'connection_id', 'destination_id'].map(hex).join(', ')}, state, cause, attempts, recoveries,
  seq::float as seq
from deliveries`;

export const LIVE = `
select (select count(*)::int from deliveries where state in ('waiting', 'queued', 'retrying'))
  + (select count(*)::int from unrouted_events) as live`;

export const STUCK = `
select state, coalesce(d.name, 'endpoint') as destination, ${hex('destination_id')}, count(*)::int as count, min(x.id::text) as example, min(admitted_at) as admitted_at,
  min(next_retry_at) as next_retry_at, max(recoveries) as recoveries, max(attempts) as attempts, now() as now
from deliveries x left join destinations d on d.id = x.destination_id
where state in ('waiting', 'queued', 'retrying') group by 1, 2, destination_id order by 1, 2`;

export const INCOMPLETE = `
select e.id, count(d.id)::int as found, c.wanted from events e
  join (select source_id, count(*)::int as wanted from connections group by source_id) c using (source_id)
  left join deliveries d on d.event_id = e.id
group by e.id, c.wanted having count(d.id) <> c.wanted`;

export const WRONG_ATTEMPTS = `
select d.id, d.state, d.attempts, a.found, a.highest from deliveries d
  left join (select delivery_id, count(*)::int as found, max(number) as highest from delivery_attempts group by 1) a
    on a.delivery_id = d.id
where (d.attempts, d.attempts) is distinct from (coalesce(a.found, 0), coalesce(a.highest, 0))`;
