import { type Versioned } from '#libs/tenancy';
import { type AdmissionPolicy } from './admission/admission-policy.js';
import { type DestinationStatus } from './destination.entity.js';
import { type Provider } from './provider.js';
import { type RetryPolicy } from './retry-policy.js';

/** What the engine needs to know of what it delivers to: a destination, or an endpoint of an application. */
export interface Target extends Versioned {
  id: string;
  name: string;
  readonly status: DestinationStatus;
  /** Of an endpoint: whether its time is over. It is disabled then. */
  readonly isExpired: boolean;
  admission: AdmissionPolicy;
  retry: RetryPolicy;
  provider: Provider;
}
