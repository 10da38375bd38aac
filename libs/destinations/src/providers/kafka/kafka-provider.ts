import { type Provider } from '../../provider.js';
import { NOTHING_TO_CLOSE, type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { basicAuth, exchangeOutcome } from '../http-exchange.js';
import { judgeV2, judgeV3 } from './kafka-errors.js';
import { readKey, v2Records, v3Record } from './record.js';

/** Produces each event as one record through a Confluent REST API. */
export function kafkaProvider({ http }: ProviderServices, settings: ProviderSettings): Provider {
  const { destinationId, timeoutMs, config } = settings;
  const { bootstrap_servers = '', cluster_id, topic, api_key, api_secret, key: path, endpoint } = config;
  const isV2 = config.api_version === 'v2';
  const base = endpoint?.replace(/\/+$/, '') ?? `https://${bootstrap_servers.split(':')[0]}/kafka`;
  const url = isV2 ? `${base}/topics/${topic}` : `${base}/v3/clusters/${cluster_id}/topics/${topic}/records`;
  const headers = {
    accept: isV2 ? 'application/vnd.kafka.v2+json' : 'application/json',
    'content-type': isV2 ? 'application/vnd.kafka.binary.v2+json' : 'application/json',
    'user-agent': 'hookstream',
    ...(api_key && { authorization: basicAuth(api_key, api_secret ?? '') }),
  };

  return {
    async send(delivery) {
      const key = path === undefined ? undefined : readKey(delivery.body, path);
      const record = isV2 ? v2Records(delivery, key) : v3Record(delivery, destinationId, key);
      const request = { url, method: 'POST', headers, body: JSON.stringify(record), timeoutMs };
      return exchangeOutcome(request, await http.send(request), isV2 ? judgeV2 : judgeV3);
    },
    close: NOTHING_TO_CLOSE,
  };
}
