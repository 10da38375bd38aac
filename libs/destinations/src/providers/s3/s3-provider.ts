import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { idTime } from '#libs/crypto';
import { type OutgoingDelivery, type Provider } from '../../provider.js';
import { type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { awsClientConfig } from '../aws/aws-client.js';
import { awsProvider } from '../aws/aws-provider.js';
import { bodyText, contentType } from '../body-text.js';
import { forwardedHeaders } from '../http/forwarded-headers.js';
import { DEFAULT_KEY_TEMPLATE, objectKey } from './object-key.js';

/** Writes each event as one object; the same event always has the same key. */
export function s3Provider(services: ProviderServices, settings: ProviderSettings): Provider {
  const { bucket, prefix = '', key_template = DEFAULT_KEY_TEMPLATE, format, path_style, endpoint } = settings.config;
  const client = new S3Client({
    ...awsClientConfig(services, settings),
    forcePathStyle: path_style === 'true',
    // Not every compatible service knows the checksums that AWS has added since.
    ...(endpoint && { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }),
  });

  return awsProvider(services, settings, {
    client,
    call: (delivery, options) => {
      const content = format === 'raw' ? raw(delivery) : envelope(delivery);
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: objectKey(key_template, prefix, delivery),
        Metadata: { 'event-id': delivery.eventId, 'source-id': delivery.sourceId },
        ...content,
      });
      return client.send(command, options);
    },
  });
}

function raw(delivery: OutgoingDelivery) {
  return { Body: delivery.body, ContentType: contentType(delivery) ?? 'application/octet-stream' };
}

/** The body is text where it can be; otherwise it is Base64 under another name. */
function envelope({ eventId, sourceId, eventHeaders, transformed, body }: OutgoingDelivery) {
  const text = bodyText(body);
  const object = {
    event_id: eventId,
    source_id: sourceId,
    received_at: idTime(eventId).toISOString(),
    headers: forwardedHeaders(eventHeaders, transformed),
    ...(text === undefined ? { body_base64: body.toString('base64') } : { body: text }),
  };
  return { Body: Buffer.from(JSON.stringify(object)), ContentType: 'application/json' };
}
