export { Application, APPLICATION_STATUSES, type ApplicationStatus } from './application.entity.js';
export { APPLICATION_UID } from './application-uid.js';
export {
  type ApplicationChanges,
  type ApplicationCounts,
  type ApplicationFilter,
  ApplicationsService,
  type NewApplication,
} from './applications.service.js';
export {
  Endpoint,
  ENDPOINT_STATES,
  ENDPOINT_STATUSES,
  type EndpointState,
  type EndpointStatus,
} from './endpoint.entity.js';
export { type EndpointStats, EndpointStatsService } from './endpoint-stats.service.js';
export {
  type EndpointChanges,
  type EndpointFilter,
  EndpointsService,
  type NewEndpoint,
  type SecretRotation,
} from './endpoints.service.js';
export { EVENT_TYPE_NAME, isEventTypeFilter, isEventTypeName } from './event-type-name.js';
export { EVENT_TYPE_STATUSES, EventType, type EventTypeStatus } from './event-type.entity.js';
export {
  type EventTypeChanges,
  type EventTypeFilter,
  EventTypesService,
  type NewEventType,
} from './event-types.service.js';
export { MessageAttemptsService } from './message-attempts.service.js';
export { type Message, type MessageFilter, MessagesService } from './messages.service.js';
export { type NewMessage, NewMessagesService } from './new-messages.service.js';
export { OutboundModule } from './outbound.module.js';
export { PortalTokensService } from './portal-tokens.service.js';
export { RecoveriesService, type RecoveryPath, type RecoverySpan } from './recoveries.service.js';
