import { newId } from '#libs/crypto';
import { type OutgoingDelivery, type Provider, type Verdict } from '../../provider.js';
import { NOTHING_TO_CLOSE, type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { DELIVERED } from '../verdicts.js';
import { type Reception } from './broadcaster.js';
import { deliveryFrame } from './delivery-frame.js';

/** Several at a time fit into what Redis buffers for a listener (32 MB by default), also as Base64. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Sends each event to the clients that have subscribed to a channel at any api process. */
export function websocketProvider({ broadcaster }: ProviderServices, settings: ProviderSettings): Provider {
  const { destinationId, environmentId, timeoutMs, config } = settings;
  const { channel_name: channel = '', mode = 'fire_and_forget' } = config;
  const acknowledge = mode === 'acknowledge';

  async function broadcast(delivery: OutgoingDelivery): Promise<Verdict> {
    if (delivery.body.length > MAX_BODY_BYTES) return TOO_LARGE;
    const key = newId();
    const frame = deliveryFrame(delivery, destinationId, channel, acknowledge ? key : undefined);
    const reception = await broadcaster.broadcast({ environmentId, channel, key, frame, acknowledge, timeoutMs });
    return judge(reception, acknowledge, timeoutMs);
  }

  return {
    async send(delivery) {
      const startedAt = performance.now();
      const verdict = await broadcast(delivery).catch(() => OUT_OF_REACH);
      return {
        request: { url: '/v1/ws', method: 'PUBLISH', headers: { channel, mode } },
        response: null,
        durationMs: Math.round(performance.now() - startedAt),
        ...verdict,
      };
    },
    close: NOTHING_TO_CLOSE,
  };
}

function judge(reception: Reception, acknowledge: boolean, timeoutMs: number): Verdict {
  switch (reception) {
    case 'delivered':
      return DELIVERED;
    case 'nobody':
      // Fire and forget is for those who happen to listen.
      return acknowledge ? NO_SUBSCRIBER : DELIVERED;
    case 'gone':
      return HUNG_UP;
    case 'late': {
      const what = acknowledge ? 'acknowledged' : 'took';
      return { kind: 'retryable', cause: 'timeout', message: `No client ${what} the event within ${timeoutMs} ms.` };
    }
  }
}

const TOO_LARGE: Verdict = {
  kind: 'permanent',
  cause: 'payload_too_large',
  message: `Bodies of more than ${MAX_BODY_BYTES} bytes do not go to WebSocket clients.`,
};

const NO_SUBSCRIBER: Verdict = {
  kind: 'retryable',
  cause: 'no_subscriber',
  message: 'No client has subscribed to the channel.',
};

const HUNG_UP: Verdict = {
  kind: 'retryable',
  cause: 'connection_reset',
  message: 'Every client of the channel hung up, or was cut off, before it took the event.',
};

const OUT_OF_REACH: Verdict = {
  kind: 'retryable',
  cause: 'connection_failed',
  message: 'The event could not be passed on to the clients: Redis is away.',
};
