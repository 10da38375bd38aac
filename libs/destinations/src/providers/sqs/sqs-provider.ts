import { type MessageAttributeValue, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type OutgoingDelivery, type Provider, type Verdict } from '../../provider.js';
import { type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { awsClientConfig } from '../aws/aws-client.js';
import { awsProvider } from '../aws/aws-provider.js';
import { sqsMessage, sqsMessageBytes } from './sqs-message.js';

/** Of body and attributes together: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_MESSAGE_BYTES = 1_048_576;

/** Sends each delivery as one message. In a FIFO queue its deduplication id is the delivery's, so a retry is not a second message. */
export function sqsProvider(services: ProviderServices, settings: ProviderSettings): Provider {
  const { queue_url, message_group_id, endpoint } = settings.config;
  const client = new SQSClient({ ...awsClientConfig(services, settings), endpoint: endpoint ?? originOf(queue_url) });
  const isFifo = queue_url?.endsWith('.fifo');

  return awsProvider(services, settings, {
    client,
    refuse,
    call: (delivery, options) => {
      const { body, attributes } = sqsMessage(delivery);
      const command = new SendMessageCommand({
        QueueUrl: queue_url,
        MessageBody: body,
        MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, text]) => [name, string(text)])),
        ...(message_group_id && { MessageGroupId: message_group_id }),
        ...(isFifo && { MessageDeduplicationId: delivery.deliveryId }),
      });
      return client.send(command, options);
    },
  });
}

/** The queue's own host, which may be another than the region's. */
function originOf(queueUrl = ''): string {
  return new URL(queueUrl).origin;
}

function string(text: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: text };
}

function refuse(delivery: OutgoingDelivery): Verdict | undefined {
  if (delivery.body.length === 0) {
    return { kind: 'permanent', cause: 'payload_refused', message: 'SQS does not take empty messages.' };
  }
  const bytes = sqsMessageBytes(sqsMessage(delivery));
  if (bytes <= MAX_MESSAGE_BYTES) return undefined;
  return {
    kind: 'permanent',
    cause: 'payload_too_large',
    message: `The message would have ${bytes} bytes with its attributes; SQS takes ${MAX_MESSAGE_BYTES}.`,
  };
}
