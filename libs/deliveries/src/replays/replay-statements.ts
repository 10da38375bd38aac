export const DUE = `
select id from replays where settled_at is null and status <> 'paused' and next_step_at <= now()
order by next_step_at limit $1`;

export const CLAIM = `
select id, environment_id, kind, destination_id, source_id, connection_id, cause, from_time, to_time, filter_rules,
  rate_limit, max_events, status, error, processed, first_id, last_id, cursor_id, is_exhausted
from replays where id = $1 and settled_at is null and status <> 'paused' and next_step_at <= now()
for update skip locked`;

export const INSERT = `
insert into deliveries (id, event_id, connection_id, source_id, seq, payload_bytes, environment_id, destination_id,
  replay_id, state, trigger_type)
select r.*, $7::uuid, $8::uuid, $9::uuid, 'waiting', 'replay'
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::int[]) r
on conflict (id) do nothing`;

export const INSERT_MISSING = `
insert into deliveries as d (id, event_id, source_id, seq, payload_bytes, environment_id, connection_id, destination_id,
  replay_id, state, trigger_type)
select r.*, $6::uuid, $7::uuid, $7::uuid, $8::uuid, 'waiting', 'recovery'
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::int[]) r
on conflict (id) do update set state = 'waiting', cause = null, admitted_at = null, next_retry_at = null, recoveries = 0,
  attempts_before = d.attempts, trigger_type = excluded.trigger_type, replay_id = excluded.replay_id
where d.state = 'cancelled'
returning d.id`;

/** Somewhat less than a second, so that a step is not a whole round late because the last one was. */
export const ADVANCE = `
update replays set processed = processed + $2::int, skipped = skipped + $3::int, cursor_id = $4::uuid,
  is_exhausted = $5::boolean, next_step_at = now() + interval '900 milliseconds',
  total = case when $5::boolean then processed + $2::int else greatest(total, processed + $2::int) end,
  total_is_estimate = total_is_estimate and not $5::boolean
where id = $1`;

export const FAIL = `update replays set status = 'failed', error = $2, completed_at = now() where id = $1`;

const WAITING = `
    select id from deliveries
    where replay_id = $1 and state in ('waiting', 'retrying') and id >= $2::uuid and id <= $3::uuid
    limit $4 for update skip locked`;

export const WITHDRAW = `
update deliveries set state = 'cancelled', cause = $5, next_retry_at = null
where id = any(array(${WAITING}))
  and id >= $2::uuid and id <= $3::uuid and state in ('waiting', 'retrying')`;

export const RELEASE = `
with released as (
  update deliveries d set state = 'cancelled', cause = $5, next_retry_at = null, replay_id = null
  where id = any(array(${WAITING}))
    and id >= $2::uuid and id <= $3::uuid and state in ('waiting', 'retrying')
  returning d.id
)
update replays set cancelled = cancelled + (select count(*) from released) where id = $1`;

export const RESTORE = `
with restored as (
  update deliveries d set state = 'dead', next_retry_at = null, replay_id = null, cause = coalesce(
    (select a.cause from delivery_attempts a where a.delivery_id = d.id and a.number = d.attempts), 'replay_cancelled')
  where id = any(array(${WAITING}))
    and id >= $2::uuid and id <= $3::uuid and state in ('waiting', 'retrying')
  returning d.id
)
update replays set cancelled = cancelled + (select count(*) from restored) where id = $1`;

export const SETTLE = `
with counted as (
  select count(*) filter (where state = 'delivered') as succeeded, count(*) filter (where state = 'dead') as failed,
    count(*) filter (where state = 'cancelled') as cancelled,
    count(*) filter (where state in ('waiting', 'queued', 'retrying')) as live
  from deliveries where replay_id = $1 and id >= $2::uuid and id <= $3::uuid
)
update replays r set
  succeeded = case when live = 0 then r.succeeded + c.succeeded else r.succeeded end,
  failed = case when live = 0 then r.failed + c.failed else r.failed end,
  cancelled = case when live = 0 then r.cancelled + c.cancelled else r.cancelled end,
  settled_at = case when live = 0 then now() end,
  status = case when live = 0 and r.status = 'running' then 'completed' else r.status end,
  completed_at = case when live = 0 then coalesce(r.completed_at, now()) else r.completed_at end,
  next_step_at = now() + interval '2 seconds'
from counted c where r.id = $1`;
