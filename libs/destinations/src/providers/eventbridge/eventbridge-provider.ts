import { EventBridgeClient, PutEventsCommand, type PutEventsCommandOutput } from '@aws-sdk/client-eventbridge';
import { idTime } from '#libs/crypto';
import { type Provider, type Verdict } from '../../provider.js';
import { type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { awsClientConfig } from '../aws/aws-client.js';
import { judgeAwsCode } from '../aws/aws-errors.js';
import { awsProvider } from '../aws/aws-provider.js';
import { bodyText } from '../body-text.js';
import { DELIVERED } from '../verdicts.js';

/** Puts each event on a bus, with `hookstream:event/<id>` among its resources. */
export function eventbridgeProvider(services: ProviderServices, settings: ProviderSettings): Provider {
  const { event_bus_arn, source, detail_type } = settings.config;
  const client = new EventBridgeClient(awsClientConfig(services, settings));

  return awsProvider(services, settings, {
    client,
    judge,
    call: ({ eventId, body }, options) => {
      const entry = {
        EventBusName: event_bus_arn,
        Source: source,
        DetailType: detail_type,
        Detail: detailOf(body),
        Time: idTime(eventId),
        Resources: [`hookstream:event/${eventId}`],
      };
      return client.send(new PutEventsCommand({ Entries: [entry] }), options);
    },
  });
}

/** Details are JSON objects. A body that is none goes inside one, under the names CloudEvents has for it. */
function detailOf(body: Buffer): string {
  const text = bodyText(body);
  if (text === undefined) return JSON.stringify({ data_base64: body.toString('base64') });
  return isJsonObject(text) ? text : JSON.stringify({ data: text });
}

function isJsonObject(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A 200 may carry a failed entry. */
function judge({ FailedEntryCount = 0, Entries = [] }: PutEventsCommandOutput): Verdict {
  if (FailedEntryCount === 0) return DELIVERED;
  const { ErrorCode = 'unknown error', ErrorMessage } = Entries[0] ?? {};
  const unknown = {
    kind: 'retryable',
    cause: 'provider_error',
    message: `AWS refused the event: ${ErrorCode}.`,
  } as const;
  return judgeAwsCode(ErrorCode, undefined, ErrorMessage) ?? unknown;
}
