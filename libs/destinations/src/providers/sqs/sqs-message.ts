import { type OutgoingDelivery } from '../../provider.js';
import { bodyText, contentType } from '../body-text.js';

export interface SqsMessage {
  body: string;
  attributes: Record<string, string>;
}

/** What XML 1.0 can carry, and SQS therefore takes. */
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const NOT_ALLOWED = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
/** What a String attribute can carry of a header. */
const ATTRIBUTE_TYPE_BYTES = 'String'.length;

/** Text goes as it is, byte for byte. Anything else goes as Base64 and says so in the attribute `content-encoding`. */
export function sqsMessage(delivery: OutgoingDelivery): SqsMessage {
  const text = bodyText(delivery.body);
  const isPlain = text !== undefined && !NOT_ALLOWED.test(text);
  const type = contentType(delivery);
  return {
    body: isPlain ? text : delivery.body.toString('base64'),
    attributes: {
      event_id: delivery.eventId,
      source_id: delivery.sourceId,
      ...(type && !NOT_ALLOWED.test(type) && { content_type: type }),
      ...(!isPlain && { 'content-encoding': 'base64' }),
    },
  };
}

/** What counts towards the limit of a message: body, and of each attribute its name, type and value. */
export function sqsMessageBytes({ body, attributes }: SqsMessage): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + ATTRIBUTE_TYPE_BYTES + Buffer.byteLength(value),
    Buffer.byteLength(body),
  );
}
