import { type EntityManager } from '@mikro-orm/postgresql';

/**
 * Has a worker cancel what is pending for targets (destinations or endpoints) that were deleted or disabled, however much
 * it is. Belongs in the transaction of the change.
 */
export async function cancelDeliveries(
  em: EntityManager,
  targetIds: string[],
  cause: 'destination_deleted' | 'destination_disabled',
): Promise<void> {
  if (targetIds.length > 0) await em.execute(CANCEL, [targetIds, cause]);
}

/** Stops cancelling for targets that are enabled again. */
export async function keepDeliveries(em: EntityManager, targetIds: string[]): Promise<void> {
  if (targetIds.length > 0) await em.execute('delete from cancellations where destination_id in (?)', [targetIds]);
}

const CANCEL = `
insert into cancellations (destination_id, cause) select unnest(array[?]::uuid[]), ?
on conflict (destination_id) do update set cause = excluded.cause`;
