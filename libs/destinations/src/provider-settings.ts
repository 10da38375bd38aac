import { type HttpClient, type TargetGuard } from '#libs/http-client';
import { type AuthType, type DestinationType, type HttpMethod } from './destination.entity.js';
import { type MessageSecret } from './providers/http/message-signer.js';
import { type SigningConfig } from './providers/http/signing-config.js';
import { type Provider } from './provider.js';
import { type Broadcaster } from './providers/websocket/broadcaster.js';
import { type SealedConfig } from './sealed-config.js';

/** What a provider is told of its destination, in the clear. */
export interface ProviderSettings {
  destinationId: string;
  environmentId: string;
  type: DestinationType;
  /** Empty for types other than http, as are the custom headers. */
  url: string;
  method: HttpMethod;
  headers: Record<string, string>;
  /** Over a whole try. */
  timeoutMs: number;
  authType: AuthType;
  authConfig: SealedConfig;
  /** Null when deliveries are not signed. */
  signing: SigningConfig | null;
  /** Of an endpoint: what its messages are signed with. */
  messageSecrets?: readonly MessageSecret[];
  /** `provider_config`, as it was checked when it was saved. */
  config: SealedConfig;
}

/** What this installation allows. */
export interface ProviderContext {
  guard: TargetGuard;
  /** Whether destinations may use the AWS credentials of the worker. */
  awsDefaultCredentials: boolean;
  /** Reaches the clients of WebSocket channels. */
  broadcaster: Broadcaster;
}

/** What a provider reaches the network with. Nothing of it gets past the guard. */
export interface ProviderServices extends ProviderContext {
  /** Of this destination alone; closed after the provider. */
  http: HttpClient;
}

/** Adapter of one type. */
export type ProviderFactory = (services: ProviderServices, settings: ProviderSettings) => Provider;

/** Of a provider whose only connections are those of its HTTP client. */
export const NOTHING_TO_CLOSE = (): Promise<void> => Promise.resolve();
