import { type OutgoingDelivery, type Provider, type Verdict } from '../../provider.js';
import { type ProviderServices, type ProviderSettings } from '../../provider-settings.js';
import { DELIVERED, receivedResponse } from '../verdicts.js';
import { refusedCredentials } from './aws-client.js';
import { judgeAwsError } from './aws-errors.js';
import { type AwsExchange, exchangeOptions } from './guarded-handler.js';

interface AwsAdapter<Output> {
  client: { destroy(): void };
  /** What rules a delivery out before anything is sent. */
  refuse?: (delivery: OutgoingDelivery) => Verdict | undefined;
  /** One call. @param options go to the client's `send` as they are */
  call: (delivery: OutgoingDelivery, options: object) => Promise<Output>;
  /** What an answer that is not an error says. @defaultValue delivered */
  judge?: (output: Output) => Verdict;
}

/** A provider whose every delivery is one call of an AWS API. */
export function awsProvider<Output>(
  services: ProviderServices,
  settings: ProviderSettings,
  { client, refuse, call, judge = () => DELIVERED }: AwsAdapter<Output>,
): Provider {
  return {
    async send(delivery) {
      const startedAt = performance.now();
      const exchange: AwsExchange = { request: { url: '', method: '', headers: {} } };
      const verdict =
        refusedCredentials(services, settings) ??
        refuse?.(delivery) ??
        (await call(delivery, exchangeOptions(exchange)).then(judge, (error: Error) => judgeAwsError(error, exchange)));
      return {
        request: exchange.request,
        response: exchange.outcome ? receivedResponse(exchange.outcome) : null,
        durationMs: Math.round(performance.now() - startedAt),
        ...verdict,
      };
    },
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}
