import { newId } from '#libs/crypto';
import { type OutgoingDelivery } from '#libs/destinations';

/** Stands for the source and the connection that a test does not have. */
export const NO_ID = '0'.repeat(32);

/** What a destination is tried out with. It says of itself what it is, for not every type has headers. */
export function sampleEvent(destinationId: string, startedAt: Date): OutgoingDelivery {
  const body = {
    type: 'hookstream.test',
    message: 'This is a test of the destination. It can be ignored.',
    destination_id: destinationId,
    sent_at: startedAt.toISOString(),
  };
  return {
    eventId: newId(),
    sourceId: NO_ID,
    deliveryId: newId(),
    attempt: 1,
    startedAt,
    eventHeaders: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
    transformed: false,
    isTest: true,
  };
}
