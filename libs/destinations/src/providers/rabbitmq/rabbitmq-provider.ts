import { type Provider } from '../../provider.js';
import { type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { amqpProvider } from './amqp-provider.js';
import { isAmqp } from './broker-url.js';
import { managementProvider } from './management-provider.js';

/** Publishes over the protocol that the URL names. */
export function rabbitmqProvider(services: ProviderServices, settings: ProviderSettings): Provider {
  const provider = isAmqp(settings.config.url ?? '') ? amqpProvider : managementProvider;
  return provider(services, settings);
}
