import { type HttpOutcome } from '#libs/http-client';
import { type Provider, type Verdict } from '../../provider.js';
import { NOTHING_TO_CLOSE, type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { basicAuth, exchangeOutcome, jsonObject } from '../http-exchange.js';
import { DELIVERED, judgeStatus } from '../verdicts.js';
import { messageProperties } from './message.js';
import { unroutable } from './unroutable.js';

const PERSISTENT = 2;

/** Publishes through the management API, which says whether a queue took the message. */
export function managementProvider({ http }: ProviderServices, settings: ProviderSettings): Provider {
  const { destinationId, timeoutMs, config } = settings;
  const { url: base = '', vhost = '/', exchange = '', routing_key, username = '', password = '' } = config;
  const path = `/api/exchanges/${encodeURIComponent(vhost)}/${encodeURIComponent(exchange)}/publish`;
  const url = base.replace(/\/+$/, '') + path;
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'hookstream',
    authorization: basicAuth(username, password),
  };

  return {
    async send(delivery) {
      const properties = messageProperties(delivery, destinationId);
      const body = JSON.stringify({
        properties: {
          message_id: properties.messageId,
          content_type: properties.contentType,
          timestamp: properties.timestamp,
          headers: properties.headers,
          delivery_mode: PERSISTENT,
        },
        routing_key,
        // The exact bytes, whatever they are.
        payload: delivery.body.toString('base64'),
        payload_encoding: 'base64',
      });
      const request = { url, method: 'POST', headers, body, timeoutMs };
      return exchangeOutcome(request, await http.send(request), judge);
    },
    close: NOTHING_TO_CLOSE,
  };
}

function judge({ status, headers, body }: HttpOutcome & { kind: 'response' }): Verdict {
  const { routed, reason } = jsonObject(body) ?? {};
  const message = `The management API answered ${status}.`;
  if (status >= 200 && status < 300) {
    if (routed === true) return DELIVERED;
    return routed === false ? unroutable() : { kind: 'retryable', cause: 'provider_error', message };
  }
  // Both are a 400 whose reason says so.
  if (status === 400 && /message size \d+/.test(String(reason))) {
    return { kind: 'permanent', cause: 'payload_too_large', message: 'The message is larger than the broker takes.' };
  }
  if (status === 400 && /not_found|NOT_FOUND/.test(String(reason))) {
    return { kind: 'retryable', cause: 'not_found', message: 'The exchange does not exist.' };
  }
  return judgeStatus(status, headers, message);
}
