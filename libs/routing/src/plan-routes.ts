import { type Target } from '#libs/destinations';
import { type IgnoredConnection } from '#libs/events';
import { compileFilter, type FilterableEvent, readsPayload } from './filter/compile-filter.js';
import { type FilterRule } from './filter/filter-rule.js';
import { type Route } from './route.js';

/** What becomes of an event: the routes that take it, and why the others do not. */
export interface RoutePlan {
  taken: Route[];
  ignored: Record<string, IgnoredConnection> | null;
}

/** An event as it was stored. */
export interface RoutableEvent {
  method: string;
  contentType: string | null;
  sourceIp: string | null;
  /** JSON object of lower-case names. */
  headersJson: string;
  /** Null when the body is not text. */
  bodyText: string | null;
  /** Of a message. */
  eventType?: string | null;
  channels?: string[] | null;
}

/**
 * Decides for every connection of the event's source. Nothing is sent or stored here.
 *
 * @param targets the destinations that exist, by id
 */
export function planRoutes(event: RoutableEvent, routes: Route[], targets: Map<string, Target>): RoutePlan {
  let filterable: FilterableEvent | undefined;
  const taken: Route[] = [];
  const ignored: Record<string, IgnoredConnection> = {};
  for (const route of routes) {
    const cause = refusal(route, targets.get(route.destinationId));
    if (cause) {
      ignored[route.connectionId] = { cause };
      continue;
    }
    filterable ??= toFilterable(
      event,
      routes.some((other) => other.readsPayload),
    );
    const verdict = route.matches(filterable);
    if (verdict.pass) taken.push(route);
    else ignored[route.connectionId] = { cause: 'filtered', rule: verdict.rule };
  }
  return { taken, ignored: taken.length === routes.length ? null : ignored };
}

/** A filter that belongs to no connection, as a test of events. @param rules as parsed */
export function eventFilter(rules: FilterRule[]): (event: RoutableEvent) => boolean {
  const matches = compileFilter(rules);
  const withPayload = readsPayload(rules);
  return (event) => matches(toFilterable(event, withPayload)).pass;
}

function refusal(route: Route, target: Target | undefined): IgnoredConnection['cause'] | undefined {
  if (route.status === 'disabled') return 'connection_disabled';
  return target && target.status !== 'disabled' ? undefined : 'destination_disabled';
}

function toFilterable(event: RoutableEvent, withPayload: boolean): FilterableEvent {
  return {
    payload: withPayload ? parsed(event.bodyText) : undefined,
    headers: JSON.parse(event.headersJson) as Record<string, string>,
    method: event.method,
    contentType: event.contentType,
    sourceIp: event.sourceIp,
    eventType: event.eventType,
    channels: event.channels,
  };
}

/** A body that is not JSON has no payload to look into. */
function parsed(bodyText: string | null): unknown {
  try {
    return bodyText === null ? undefined : JSON.parse(bodyText);
  } catch {
    return undefined;
  }
}
