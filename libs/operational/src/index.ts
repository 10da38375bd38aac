export { OF_MESSAGE, type OperationalEventType, tellOfEndpoints } from './operational-events.js';
export { OperationalEventsService } from './operational-events.service.js';
export { OperationalModule } from './operational.module.js';
export { tellOf } from './tell-of.js';
