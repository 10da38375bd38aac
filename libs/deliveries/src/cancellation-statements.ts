import { ADMISSIBLE } from './admissible.js';

/** One statement for each index. Nothing is cancelled for a destination that was enabled again meanwhile. */
export const CANCELLATIONS = [
  { name: 'cancel_waiting', condition: ADMISSIBLE, order: 'destination_id, seq, id' },
  { name: 'cancel_queued', condition: `state = 'queued'`, order: 'destination_id, admitted_at' },
  { name: 'cancel_retrying', condition: `state = 'retrying'`, order: 'destination_id, id' },
].map(({ name, condition, order }) => ({
  name,
  text: `
update deliveries set state = 'cancelled', cause = $2, next_retry_at = null
where id = any(array(
    select id from deliveries where destination_id = $1 and ${condition} order by ${order} limit $3
    for update skip locked))
  and ${condition}
  and exists (select from cancellations where destination_id = $1)
returning id`,
}));
