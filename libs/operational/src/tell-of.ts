import { type EntityManager } from '@mikro-orm/postgresql';
import { type OperationalEventType, tellOfEndpoints } from './operational-events.js';

/**
 * Notes news of endpoints for who listens. Belongs in the transaction of the change, while the endpoints are stored:
 * after the flush that makes them, before the one that removes them.
 */
export async function tellOf(em: EntityManager, endpointIds: string[], type: OperationalEventType): Promise<void> {
  if (endpointIds.length > 0) await em.execute(TELL, [type, endpointIds]);
}

const TELL = tellOfEndpoints('(select id as endpoint_id from endpoints where id in (?))', '?::text');
