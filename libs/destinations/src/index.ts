export { type Circuit, CircuitsService } from './circuits.service.js';
export { DestinationCache, type Target } from './destination-cache.js';
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
