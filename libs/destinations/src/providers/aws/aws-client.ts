import { type Verdict } from '../../provider.js';
import { type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { GuardedHandler } from './guarded-handler.js';

/** Configuration that all clients of the SDK take. */
export function awsClientConfig({ http }: ProviderServices, { config, timeoutMs }: ProviderSettings) {
  const { region, access_key_id, secret_access_key, session_token, credentials, endpoint } = config;
  return {
    region: region ?? '',
    ...(endpoint && { endpoint }),
    // Left out, the SDK looks for the worker's own: environment, shared files, pod or instance role.
    ...(credentials !== 'default' && {
      credentials: {
        accessKeyId: access_key_id ?? '',
        secretAccessKey: secret_access_key ?? '',
        ...(session_token && { sessionToken: session_token }),
      },
    }),
    requestHandler: new GuardedHandler(http, timeoutMs),
    // Retries are the engine's: they are recorded and survive a restart.
    maxAttempts: 1,
  };
}

/** Why a destination may not use the worker's credentials (any more). */
export function refusedCredentials(
  { awsDefaultCredentials }: ProviderServices,
  { config }: ProviderSettings,
): Verdict | undefined {
  if (config.credentials !== 'default' || awsDefaultCredentials) return undefined;
  return {
    kind: 'retryable',
    cause: 'auth_rejected',
    message: 'The operator does not share the AWS credentials of this installation.',
  };
}
