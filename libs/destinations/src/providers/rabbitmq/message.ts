import { idTime } from '#libs/crypto';
import { type OutgoingDelivery } from '../../provider.js';
import { contentType } from '../body-text.js';

/** What goes beside the body, in both protocols. */
export interface MessageProperties {
  messageId: string;
  contentType: string;
  /** Unix seconds. */
  timestamp: number;
  headers: Record<string, string>;
}

export function messageProperties(delivery: OutgoingDelivery, destinationId: string): MessageProperties {
  return {
    messageId: delivery.eventId,
    contentType: contentType(delivery)?.slice(0, 255) ?? 'application/octet-stream',
    timestamp: Math.floor(idTime(delivery.eventId).getTime() / 1000),
    headers: {
      'hookstream-event-id': delivery.eventId,
      'hookstream-source-id': delivery.sourceId,
      'hookstream-destination-id': destinationId,
    },
  };
}
