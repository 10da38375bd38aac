import { type EntityManager } from '@mikro-orm/postgresql';
import { ApiError } from '#libs/errors';

/**
 * Refuses an endpoint that gets nothing: it is disabled, its time is over, or its application is not active.
 *
 * @param field that names the endpoint
 * @throws ApiError `invalid_body`
 */
export async function assertActive(em: EntityManager, endpointId: string, field: string): Promise<void> {
  const [target] = await em.execute<{ status: string }[]>('select status from targets where id = ?', [endpointId]);
  if (target?.status !== 'active') throw ApiError.invalidField(field, 'is not active');
}
