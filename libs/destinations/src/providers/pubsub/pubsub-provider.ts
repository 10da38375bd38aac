import { type HttpOutcome } from '#libs/http-client';
import { type OutgoingDelivery, type Provider, type Verdict } from '../../provider.js';
import { NOTHING_TO_CLOSE, type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { redact } from '../../redact.js';
import { contentType } from '../body-text.js';
import { exchangeOutcome, jsonObject } from '../http-exchange.js';
import { judgeStatus } from '../verdicts.js';
import { AccessTokens } from './access-tokens.js';
import { readServiceAccount } from './service-account.js';

const API = 'https://pubsub.googleapis.com';

/** Publishes each event as one message. Without a service account (an emulator) nothing authenticates. */
export function pubsubProvider({ http }: ProviderServices, settings: ProviderSettings): Provider {
  const { timeoutMs, config } = settings;
  const { project_id, topic_id, service_account_json, ordering_key, endpoint } = config;
  const base = endpoint?.replace(/\/+$/, '') ?? API;
  const url = `${base}/v1/projects/${project_id}/topics/${topic_id}:publish`;
  const account = service_account_json ? readServiceAccount(service_account_json) : undefined;
  const tokens = account && new AccessTokens(http, account, timeoutMs);

  return {
    async send(delivery) {
      const access = await tokens?.get();
      if (access && 'failure' in access) return access.failure;
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'hookstream',
        ...(access && { authorization: `Bearer ${access.token}` }),
      };
      const body = JSON.stringify({ messages: [message(delivery, ordering_key)] });
      const request = { url, method: 'POST', headers, body, timeoutMs };
      const outcome = await http.send(request);
      if (access && outcome.kind === 'response' && outcome.status === 401) tokens?.drop(access.token);
      return redact(exchangeOutcome(request, outcome, judge), access ? [access.token] : []);
    },
    close: NOTHING_TO_CLOSE,
  };
}

/** Attributes take at most 1024 bytes each. */
const MAX_ATTRIBUTE_BYTES = 1024;

function message(delivery: OutgoingDelivery, orderingKey: string | undefined): object {
  const type = contentType(delivery);
  return {
    data: delivery.body.toString('base64'),
    attributes: {
      event_id: delivery.eventId,
      source_id: delivery.sourceId,
      ...(type && Buffer.byteLength(type) <= MAX_ATTRIBUTE_BYTES && { content_type: type }),
    },
    ...(orderingKey && { orderingKey }),
  };
}

/** A 400 for a message that is too large says so only in its text. */
function judge({ status, headers, body }: HttpOutcome & { kind: 'response' }): Verdict {
  const { status: name, message: text } = (jsonObject(body)?.error ?? {}) as { status?: unknown; message?: unknown };
  const sentence = `Pub/Sub answered ${status}${typeof name === 'string' ? ` (${name})` : ''}.`;
  if (status === 400 && /too large|maximum.*size|size.*exceed/i.test(String(text))) {
    return { kind: 'permanent', cause: 'payload_too_large', message: sentence };
  }
  return judgeStatus(status, headers, sentence);
}
