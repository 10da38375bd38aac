import { type Versioned } from '#libs/tenancy';
import { type ConnectionStatus } from './connection.entity.js';
import { type FilterableEvent, type FilterVerdict } from './filter/compile-filter.js';

/** A connection as routing needs it. */
export interface Route {
  connectionId: string;
  connectionName: string;
  destinationId: string;
  /** With `enabled: false` it counts as disabled. */
  status: ConnectionStatus;
  matches: (event: FilterableEvent) => FilterVerdict;
  /** Whether there is anything to match. */
  filtered: boolean;
  readsPayload: boolean;
  /** JSONata; null when the connection does not transform. */
  transform: string | null;
}

/** All connections of one source, or all endpoints of one application. */
export interface SourceRoutes extends Versioned {
  /** By connection id, in their order: an application may have thousands, and each delivery looks for its own. */
  routes: Map<string, Route>;
}
