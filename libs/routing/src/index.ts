export { Connection, CONNECTION_STATUSES, type ConnectionStatus } from './connection.entity.js';
export {
  type ConnectionChanges,
  type ConnectionFilter,
  ConnectionsService,
  type NewConnection,
} from './connections.service.js';
export { type FilterRule, parseFilterRules } from './filter/filter-rule.js';
export { eventFilter, planRoutes, type RoutableEvent, type RoutePlan } from './plan-routes.js';
export { type Route, type SourceRoutes } from './route.js';
export { RouteCache } from './route-cache.js';
export { RoutingModule } from './routing.module.js';
