export { ADMISSION_SCRIPTS } from './admission/admission-scripts.js';
export {
  Admission,
  type AdmissionGroup,
  byDestination,
  type CircuitTransition,
  MAX_ADMISSION_IDS,
  type Opening,
  type Refilled,
  SEND_LEASE_MS,
  type SlotOutcome,
  type SlotState,
  type StartVerdict,
} from './admission/admission.js';
export { admissionKeys, sharedRateKey } from './admission/admission-keys.js';
export {
  admissionPolicy,
  type AdmissionPolicy,
  CLOSED,
  DEFAULT_MAX_CONCURRENCY,
  type Ordering,
  ORDERINGS,
} from './admission/admission-policy.js';
export { Wakeups } from './admission/wakeups.js';
export { type Circuit, CircuitsService } from './circuits.service.js';
export { cancelDeliveries, keepDeliveries } from './cancel-deliveries.js';
export { DestinationCache } from './destination-cache.js';
export { type DestinationChanges, type MaskedSettings } from './destination-settings.js';
export { DESTINATION_TEMPLATES, type DestinationTemplate } from './destination-templates.js';
export {
  AUTH_TYPES,
  type AuthType,
  Destination,
  DESTINATION_STATUSES,
  DESTINATION_TYPES,
  type DestinationStatus,
  type DestinationType,
  HTTP_METHODS,
  type HttpMethod,
} from './destination.entity.js';
export { DestinationsModule } from './destinations.module.js';
export { type DestinationFilter, DestinationsService, type NewDestination } from './destinations.service.js';
export { checkMessageHeaders } from './providers/http/custom-headers.js';
export { PROVIDER_FIELDS } from './providers/provider-fields.js';
export { type ProviderField } from './provider-field.js';
export {
  type FailureCause,
  type OutgoingDelivery,
  type Provider,
  type ProviderOutcome,
  type ReceivedResponse,
  type SentRequest,
} from './provider.js';
export {
  BACKOFF_TYPES,
  type BackoffType,
  DEFAULT_RETRY_INTERVALS,
  retryDelayMs,
  type RetryPolicy,
} from './retry-policy.js';
export { type SendState, SendStates } from './send-states.service.js';
export { isChannelName, streamChannel } from './providers/websocket/channels.js';
export { type Target } from './target.js';
export { readPublication, type StreamReply } from './providers/websocket/publication.js';
