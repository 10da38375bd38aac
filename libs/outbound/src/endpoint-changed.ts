import { type EntityManager } from '@mikro-orm/postgresql';
import { cancelDeliveries, keepDeliveries } from '#libs/destinations';
import { tellOf } from '#libs/operational';
import { type Endpoint, type EndpointState } from './endpoint.entity.js';

/** What a change of an endpoint brings with it, in its transaction. @param before what it was; nothing happens if it is the same */
export async function endpointChanged(
  em: EntityManager,
  endpoint: Endpoint,
  before: { state: EndpointState; updatedAt: Date },
): Promise<void> {
  if (endpoint.updatedAt.getTime() === before.updatedAt.getTime()) return;
  const { id } = endpoint;
  const state = endpoint.state();
  await tellOf(em, [id], 'endpoint.updated');
  if (state === before.state) return;
  if (state === 'active') {
    await keepDeliveries(em, [id]);
    await em.execute('update endpoint_stats set failing_since = null where endpoint_id = ?', [id]);
  }
  if (state === 'disabled') {
    await cancelDeliveries(em, [id], 'destination_disabled');
    await tellOf(em, [id], 'endpoint.disabled');
  }
}
