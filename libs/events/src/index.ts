export { bodyText, isRemoved, type StoredBody } from './body.js';
export { EventPayload } from './event-payload.entity.js';
export { type AcceptedEvent, EventWriter } from './event-writer.js';
export { Event, type IgnoredConnection, type VerificationStatus } from './event.entity.js';
export { EventsModule } from './events.module.js';
export { deliveriesOf, EVENT_STATUS, EVENT_STATUSES, type EventStatus } from './event-status.js';
export { type EventFilter, EventsService, type EventSummary } from './events.service.js';
export { type LoadedPayload, PayloadLoader } from './payload-loader.js';
