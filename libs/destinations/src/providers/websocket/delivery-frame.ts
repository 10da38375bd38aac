import { type OutgoingDelivery } from '../../provider.js';
import { bodyText, contentType } from '../body-text.js';

/**
 * The frame that clients get.
 *
 * @param acknowledgeAs id by which a client acknowledges it, if it should
 */
export function deliveryFrame(
  delivery: OutgoingDelivery,
  destinationId: string,
  channel: string,
  acknowledgeAs: string | undefined,
): string {
  const { eventId, sourceId, attempt, body, isTest } = delivery;
  const text = bodyText(body);
  return JSON.stringify({
    type: 'event.delivered',
    ...(acknowledgeAs && { id: acknowledgeAs }),
    channel,
    data: {
      event_id: eventId,
      source_id: sourceId,
      destination_id: destinationId,
      attempt,
      content_type: contentType(delivery) ?? null,
      ...(text === undefined ? { payload: body.toString('base64'), encoding: 'base64' } : { payload: text }),
      ...(isTest && { test: true }),
    },
  });
}
