import { HttpClient } from '#libs/http-client';
import { isProviderSecret } from './provider-config.js';
import { type Provider } from './provider.js';
import { type ProviderContext, type ProviderSettings } from './provider-settings.js';
import { isAuthSecret } from './providers/http/http-auth.js';
import { PROVIDERS } from './providers/providers.js';
import { tlsIdentity } from './providers/tls-fields.js';
import { redact } from './redact.js';
import { type SealedConfig } from './sealed-config.js';

/**
 * The provider of a destination, with connections of its own: a slow destination takes none from others on the same host. What an
 * attempt records of its answers has no secrets of the destination in it.
 */
export function createProvider(context: ProviderContext, settings: ProviderSettings): Provider {
  const http = new HttpClient({ guard: context.guard, tls: tlsIdentity(settings.config) });
  const provider = PROVIDERS[settings.type]({ ...context, http }, settings);
  const secrets = secretsOf(settings);
  return {
    send: async (delivery) => redact(await provider.send(delivery), secrets),
    close: async () => {
      await provider.close();
      await http.close();
    },
  };
}

function secretsOf({ type, config, authConfig, signing, messageSecrets = [] }: ProviderSettings): string[] {
  const secrets = [
    ...secretValues(config, isProviderSecret(type)),
    ...secretValues(authConfig, isAuthSecret),
    ...(signing ? [signing.secret] : []),
    ...messageSecrets.flatMap(({ secret }) => [secret, secret.slice(secret.indexOf('_') + 1)]),
  ];
  return [...[authConfig, config].flatMap(basicCredentials), ...secrets];
}

/** As a header carries them. */
function basicCredentials({ username, password, api_key, api_secret }: SealedConfig): string[] {
  const pairs = [
    [username, password],
    [api_key, api_secret],
  ] as const;
  return pairs.flatMap(([user, secret]) => (secret ? [Buffer.from(`${user ?? ''}:${secret}`).toString('base64')] : []));
}

function secretValues(config: Record<string, string>, isSecret: (name: string) => boolean): string[] {
  return Object.entries(config).flatMap(([name, value]) => (isSecret(name) ? [value] : []));
}
