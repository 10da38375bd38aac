/** What a plan allows; null is unlimited. */
export interface Limits {
  /** Events in a calendar month (UTC). */
  events: number | null;
  /** Requests to the API in a minute; ingest does not count. */
  requests: number | null;
  sources: number | null;
  destinations: number | null;
  environments: number | null;
  connections: number | null;
  applications: number | null;
  endpoints: number | null;
  event_types: number | null;
  /** Days after which events may be removed. */
  retention_days: number | null;
}

const UNLIMITED = null;

/** Everything but retention is per organization. */
export const PLANS = {
  free: {
    events: 50_000,
    requests: 1000,
    sources: 10,
    destinations: 5,
    environments: 3,
    connections: UNLIMITED,
    applications: 5,
    endpoints: UNLIMITED,
    event_types: UNLIMITED,
    retention_days: 7,
  },
  pro: {
    events: 1_000_000,
    requests: 5000,
    sources: UNLIMITED,
    destinations: UNLIMITED,
    environments: UNLIMITED,
    connections: UNLIMITED,
    applications: UNLIMITED,
    endpoints: UNLIMITED,
    event_types: UNLIMITED,
    retention_days: 30,
  },
  enterprise: {
    events: 10_000_000,
    requests: 20_000,
    sources: UNLIMITED,
    destinations: UNLIMITED,
    environments: UNLIMITED,
    connections: UNLIMITED,
    applications: UNLIMITED,
    endpoints: UNLIMITED,
    event_types: UNLIMITED,
    retention_days: 90,
  },
  self_hosted: {
    events: UNLIMITED,
    requests: UNLIMITED,
    sources: UNLIMITED,
    destinations: UNLIMITED,
    environments: UNLIMITED,
    connections: UNLIMITED,
    applications: UNLIMITED,
    endpoints: UNLIMITED,
    event_types: UNLIMITED,
    retention_days: UNLIMITED,
  },
} as const satisfies Record<string, Limits>;

export type Plan = keyof typeof PLANS;

/** Paid plans take events beyond their quota up to this share of it; the free plan stops at its quota. */
const PAID_OVERRUN = 1.2;

/**
 * The plans with changes of the operator applied.
 *
 * @param overrides `<plan>.<limit>=<number>` or `=unlimited`, as the Config has checked them; the last one wins
 */
export function plansWith(overrides: readonly string[]): Record<Plan, Limits> {
  const plans: Record<Plan, Limits> = structuredClone(PLANS);
  for (const override of overrides) {
    const [target = '', value] = override.split('=');
    const [plan, limit] = target.split('.') as [Plan, keyof Limits];
    plans[plan][limit] = value === 'unlimited' ? UNLIMITED : Number(value);
  }
  return plans;
}

/** Events in a month from which on no more are taken; null is unlimited. */
export function hardStop(plan: Plan, { events }: Limits): number | null {
  if (events === null) return null;
  return plan === 'free' ? events : Math.floor(events * PAID_OVERRUN);
}
