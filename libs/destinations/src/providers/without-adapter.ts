import { type Provider } from '../provider.js';
import { NOTHING_TO_CLOSE, type ProviderServices, type ProviderSettings } from '../provider-settings.js';

/** Stands in for a type that cannot be delivered to: each delivery ends at once, as a dead letter that says why. */
export function withoutAdapter(_services: ProviderServices, { type }: ProviderSettings): Provider {
  return {
    send: () =>
      Promise.resolve({
        kind: 'permanent',
        cause: 'provider_error',
        message: `This version of hookstream does not deliver to destinations of type ${type}.`,
        request: { url: '', method: '', headers: {} },
        response: null,
        durationMs: 0,
      }),
    close: NOTHING_TO_CLOSE,
  };
}
