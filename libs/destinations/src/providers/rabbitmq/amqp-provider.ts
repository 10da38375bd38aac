import { type OutgoingDelivery, type Provider, type Verdict } from '../../provider.js';
import { type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { tlsIdentity } from '../tls-fields.js';
import { judgeAmqpError } from './amqp-errors.js';
import { AmqpLink, type AmqpLogin } from './amqp-link.js';
import { brokerAddress } from './broker-url.js';
import { messageProperties } from './message.js';

/** The exchange without a name, as the management API calls it. */
const DEFAULT_EXCHANGE = 'amq.default';

/**
 * Publishes over AMQP 0-9-1 with publisher confirms, as `mandatory`: a message counts as delivered when a queue has it. All
 * deliveries share one connection; after a failure the next delivery makes a new one.
 */
export function amqpProvider({ guard }: ProviderServices, settings: ProviderSettings): Provider {
  const { destinationId, timeoutMs, config } = settings;
  const { url = '', vhost = '/', username = '', password = '', exchange = '', routing_key: routingKey = '' } = config;
  const login: AmqpLogin = { ...brokerAddress(url), vhost, username, password, tls: tlsIdentity(config) };
  const exchangeName = exchange === DEFAULT_EXCHANGE ? '' : exchange;
  let link: AmqpLink | undefined;
  let opening: Promise<AmqpLink> | undefined;

  /** The link that all deliveries share; a new one when there is none, or the last one has ended. */
  async function open(): Promise<AmqpLink> {
    opening ??= AmqpLink.open(login, guard, timeoutMs).finally(() => (opening = undefined));
    return (link = await opening);
  }

  async function publish(delivery: OutgoingDelivery): Promise<Verdict> {
    const key = `${delivery.deliveryId}.${delivery.attempt}`;
    const deadline = performance.now() + timeoutMs;
    const opened = link?.isOpen ? link : await inTime(open(), timeoutMs);
    if (!opened) return { kind: 'retryable', cause: 'timeout', message: `Timed out after ${timeoutMs} ms connecting.` };
    const properties = messageProperties(delivery, destinationId);
    const publication = { exchange: exchangeName, routingKey, key, body: delivery.body, properties };
    return opened.publish(publication, deadline - performance.now());
  }

  return {
    async send(delivery) {
      const startedAt = performance.now();
      const verdict = await publish(delivery).catch(judgeAmqpError);
      return {
        request: { url, method: 'PUBLISH', headers: { exchange, 'routing-key': routingKey } },
        response: null,
        durationMs: Math.round(performance.now() - startedAt),
        ...verdict,
      };
    },
    async close() {
      const opened = link ?? (await opening?.catch(() => undefined));
      await opened?.close();
    },
  };
}

/** @returns undefined when it takes longer */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, ms, undefined)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
