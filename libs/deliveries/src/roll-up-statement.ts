/** Of one write to `counter_deltas` with successes and failures of an endpoint, the successes count as the later. */
const OF_ENDPOINTS = `
  insert into endpoint_stats as s (endpoint_id, succeeded, failed, timed_out, errored, given_up, last_success_at,
    last_failure_at, failing_since)
  select e.id, t.count, t.failed, t.timed_out, t.errored, t.given_up, t.last_success_at, t.last_failure_at, t.failing_since
  from (
    select subject_id, sum(count) as count, coalesce(sum(failed), 0) as failed, coalesce(sum(timed_out), 0) as timed_out,
      coalesce(sum(errored), 0) as errored, coalesce(sum(given_up), 0) as given_up,
      max(last_at) filter (where count > 0) as last_success_at, max(last_at) filter (where has_failed) as last_failure_at,
      min(last_at) filter (where has_failed and (success_at is null or last_at > success_at)) as failing_since
    from (
      select *, failed + timed_out + errored > 0 as has_failed,
        max(last_at) filter (where count > 0) over (partition by subject_id) as success_at
      from taken) d
    group by subject_id) t
  -- One that is being deleted is waited for, and then not found.
  join (select id from endpoints where id = any(array(select subject_id from taken)) for key share) e on e.id = t.subject_id
  on conflict (endpoint_id) do update set succeeded = s.succeeded + excluded.succeeded, failed = s.failed + excluded.failed,
    timed_out = s.timed_out + excluded.timed_out, errored = s.errored + excluded.errored,
    given_up = s.given_up + excluded.given_up,
    last_success_at = greatest(s.last_success_at, excluded.last_success_at),
    last_failure_at = greatest(s.last_failure_at, excluded.last_failure_at),
    failing_since = case when excluded.last_success_at is null then coalesce(s.failing_since, excluded.failing_since)
      else excluded.failing_since end
  returning endpoint_id, failing_since`;

/**
 * A subject is a source, an application, a connection, a destination or an endpoint: ids are unique across them. Events of
 * sources and messages of applications count for the plan, but no news of hookstream's own. Returns the endpoints that have just failed and have done nothing else for $1 days: failing_since is null
 * after a success.
 */
export const ROLL_UP = `
with taken as (
  delete from counter_deltas returning subject_id, count, last_at, failed, timed_out, errored, given_up
), totals as (
  select subject_id, sum(count) as count, max(last_at) as last_at from taken group by subject_id
), of_sources as (
  update sources s set event_count = event_count + t.count, last_event_at = greatest(last_event_at, t.last_at)
  from totals t where s.id = t.subject_id
  returning s.organization_id, t.count
), of_applications as (
  select a.organization_id, t.count from totals t join applications a on a.id = t.subject_id and not a.operational
), of_organizations as (
  insert into organization_usage as u (organization_id, month, events)
  select organization_id, date_trunc('month', now() at time zone 'UTC'), sum(count)
  from (select * from of_sources union all select * from of_applications) c
  group by organization_id
  on conflict (organization_id, month) do update set events = u.events + excluded.events
), of_connections as (
  update connections c set event_count = event_count + t.count, last_event_at = greatest(last_event_at, t.last_at)
  from totals t where c.id = t.subject_id
), of_destinations as (
  update destinations d set event_count = event_count + t.count, last_delivery_at = greatest(last_delivery_at, t.last_at)
  from totals t where d.id = t.subject_id
), of_endpoints as (${OF_ENDPOINTS})
select endpoint_id from of_endpoints where failing_since < now() - $1::int * interval '1 day'`;
