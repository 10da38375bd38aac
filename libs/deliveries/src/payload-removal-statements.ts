import { deliveriesOf } from '#libs/events';

/** What is queued is left to its worker, which may be sending it and else finds no payload. */
const IS_PENDING = `(state = 'waiting' or (state = 'retrying' and next_retry_at > now()))`;

/** Event by event (`offset 0` keeps it so): each has its deliveries in a range of the primary key. */
const CANCEL = `
update deliveries set state = 'cancelled', cause = $2, next_retry_at = null
where id = any(array(
    select p.id from unnest($1::uuid[]) e (id) cross join lateral (
      select d.id from deliveries d where ${deliveriesOf('e.id')} and ${IS_PENDING} offset 0) p))
  and ${IS_PENDING}`;

const FORGET = 'delete from payload_expiries where event_id = any($1::uuid[])';

/** SQL: whether a row of `event_payloads` still has its body. */
export const HAS_BODY = '(body_text is not null or body_bytes is not null)';

/** The row stays, empty: it tells workers why there is no body, and keeps the message from being stored again. */
export const EXPUNGE = `
with emptied as (
  update event_payloads set headers = '{}', query = '', body_text = null, body_bytes = null
  where event_id = any($1::uuid[])
), forgotten as (${FORGET})
${CANCEL}`;

export const EXPIRED = 'select event_id from payload_expiries where expires_at <= now() order by expires_at limit $1';

export const REMOVE_EXPIRED = `
with removed as (
  delete from event_payloads where event_id = any($1::uuid[]) and event_id between $3::uuid and $4::uuid
), forgotten as (${FORGET})
${CANCEL}`;
