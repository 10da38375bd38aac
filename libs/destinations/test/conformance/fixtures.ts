import { newId } from '#libs/crypto';
import { TargetGuard } from '#libs/http-client';
import { createProvider } from '../../src/create-provider.js';
import { type OutgoingDelivery, type Provider } from '../../src/provider.js';
import { type Broadcaster } from '../../src/providers/websocket/broadcaster.js';
import { type ProviderSettings } from '../../src/provider-settings.js';

/** Settings a test gives; the rest is as a new destination has it. */
export type Settings = Pick<ProviderSettings, 'type'> & Partial<ProviderSettings>;

export const DESTINATION_ID = newId();
export const SOURCE_ID = newId();
export const ENVIRONMENT_ID = newId();

/** Loopback is open; names below `loopback.example` are there, and no other name exists. */
export const openGuard = () =>
  new TargetGuard(['127.0.0.0/8'], (name) =>
    name.endsWith('loopback.example')
      ? Promise.resolve([{ address: '127.0.0.1', family: 4 }])
      : Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' })),
  );

/** As it is where the operator has opened nothing. */
export const closedGuard = () => new TargetGuard([], () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]));

/** Where there are no clients of WebSocket channels. */
const NO_BROADCASTER: Broadcaster = { broadcast: () => Promise.reject(new Error('There is no Redis.')) };

/** Everything a provider opens; ended together. */
export class Workbench {
  private readonly providers: Provider[] = [];

  constructor(private readonly broadcaster = NO_BROADCASTER) {}

  provider(settings: Settings, guard = openGuard(), awsDefaultCredentials = false): Provider {
    const provider = createProvider(
      { guard, awsDefaultCredentials, broadcaster: this.broadcaster },
      {
        ...{ destinationId: DESTINATION_ID, environmentId: ENVIRONMENT_ID },
        ...{ url: '', method: 'POST', headers: {}, timeoutMs: 5_000 },
        ...{ authType: 'none', authConfig: {}, signing: null, config: {} },
        ...settings,
      },
    );
    this.providers.push(provider);
    return provider;
  }

  async clear(): Promise<void> {
    await Promise.all(this.providers.splice(0).map((provider) => provider.close()));
  }
}

/** A first try of a new event. */
export function delivery(body: Buffer | string, rest: Partial<OutgoingDelivery> = {}): OutgoingDelivery {
  return {
    eventId: newId(),
    sourceId: SOURCE_ID,
    deliveryId: newId(),
    attempt: 1,
    startedAt: new Date(),
    eventHeaders: { 'content-type': 'application/json', 'x-sender': 'somebody' },
    body: Buffer.from(body),
    transformed: false,
    ...rest,
  };
}
