import { ADMISSIBLE } from './admissible.js';

/** The bounds let PostgreSQL skip the partitions of other days. */
const BOUNDED = (ids: string) => `
x.id = any(array(select id from ${ids}))
  and x.id between (select id from ${ids} order by id limit 1) and (select id from ${ids} order by id desc limit 1)`;

/** `any(array(…))`, never a join, which PostgreSQL turns into a hash over the table. */
export const CLAIM = `
with next as materialized (
  select w.id from unnest($1::uuid[], $2::int[], $3::bigint[]) q (destination_id, room, seq)
  cross join lateral (
    select id from deliveries
    where destination_id = q.destination_id and ${ADMISSIBLE} and seq >= q.seq
    order by destination_id, seq, id limit q.room for update skip locked) w
)
update deliveries x set state = 'queued', cause = null, admitted_at = now()
where ${BOUNDED('next')} and x.state = 'waiting'
returning x.id, x.destination_id, x.seq`;

/**
 * The first waiting row of each destination, and whether it must wait for one before it: one that is being sent, one that
 * is to be retried, or an event that is not routed yet. What a paused source or connection holds does not count.
 */
export const HEADS = `
select h.id, q.destination_id,
  exists (select from deliveries d where d.destination_id = q.destination_id and d.state = 'queued')
  or exists (select from deliveries d
    where d.destination_id = q.destination_id and d.state = 'retrying' and (d.seq, d.id) < (h.seq, h.id))
  or exists (select from connections c join sources s on s.id = c.source_id
    cross join lateral (
      select u.held from unrouted_events u where u.source_id = c.source_id and u.seq < h.seq
        and not (u.held and s.status = 'paused') order by u.source_id, u.seq limit 1) u
    where c.destination_id = q.destination_id) as blocked
from unnest($1::uuid[]) q (destination_id)
cross join lateral (
  select id, seq from deliveries where destination_id = q.destination_id and ${ADMISSIBLE}
  order by destination_id, seq, id limit 1) h`;

export const CLAIM_HEADS = `
update deliveries x set state = 'queued', cause = null, admitted_at = now()
where x.id = any($1::uuid[]) and x.state = 'waiting'
returning x.id, x.destination_id, x.seq`;

export const PUT_BACK = `
update deliveries set state = 'waiting' where id = any($1::uuid[]) and state = 'queued' returning destination_id`;
