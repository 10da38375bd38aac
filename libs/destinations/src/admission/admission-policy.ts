export const ORDERINGS = ['none', 'fifo'] as const;
/** `fifo`: one delivery at a time, in the order in which events were accepted. */
export type Ordering = (typeof ORDERINGS)[number];

/** Sends at the same time, unless a destination says otherwise. Redis keeps up to 128 compactly, 52 bytes each. */
export const DEFAULT_MAX_CONCURRENCY = 100;

/** A limited destination is admitted this much ahead, so that starts do not wait for admission. */
const RATE_AHEAD_SECONDS = 2;
/** How late a start may come without losing its turn, as a share of a second's starts. */
const RATE_SLACK = 0.1;
/** Wake-ups come some milliseconds late: what they make late may be made up for. */
const MIN_SHARED_BURST = 2;

/** A rate of several targets together. */
export interface SharedRate {
  /** What shares it. */
  id: string;
  /** Time between two deliveries. */
  intervalMicros: number;
  /** Deliveries that may follow each other at once. */
  burst: number;
}

/** How deliveries to one target are admitted. */
export interface AdmissionPolicy {
  /** Deliveries that may be queued or being sent at the same time; 0 while none may. */
  limit: number;
  fifo: boolean;
  /** Time between two starts; 0 for no limit. */
  intervalMicros: number;
  /** Starts that may follow each other at once to make up for late ones. */
  burst: number;
  /** Failures in a row that open the circuit; 0 when it has no breaker. */
  threshold: number;
  /** How long an open circuit lets nothing through, in milliseconds. */
  resetMs: number;
  /** Null when it shares none. */
  shared: SharedRate | null;
}

/** What is set of a target that admission depends on. */
export interface AdmissionSettings {
  /** Nothing is sent while it is not. */
  isActive: boolean;
  maxConcurrency: number;
  /** Null for no limit. */
  rateLimitPerSecond: number | null;
  /** That of its application. @defaultValue none */
  sharedRate?: { id: string; perSecond: number } | null;
  ordering: Ordering;
  circuitBreakerEnabled: boolean;
  circuitBreakerThreshold: number;
  circuitBreakerResetMs: number;
}

/** Nothing is admitted to what does not exist. */
export const CLOSED: AdmissionPolicy = {
  limit: 0,
  fifo: false,
  intervalMicros: 0,
  burst: 1,
  threshold: 0,
  resetMs: 0,
  shared: null,
};

export function admissionPolicy(settings: AdmissionSettings): AdmissionPolicy {
  const { ordering, rateLimitPerSecond: rate, sharedRate: shared = null } = settings;
  const fifo = ordering === 'fifo';
  const window = fifo ? 1 : settings.maxConcurrency;
  const open = rate ? Math.min(window, Math.max(1, Math.ceil(rate * RATE_AHEAD_SECONDS))) : window;
  return {
    limit: settings.isActive ? open : 0,
    fifo,
    intervalMicros: rate ? intervalMicros(rate) : 0,
    burst: burst(rate ?? 0, 1),
    threshold: settings.circuitBreakerEnabled ? settings.circuitBreakerThreshold : 0,
    resetMs: settings.circuitBreakerResetMs,
    shared: shared && {
      id: shared.id,
      intervalMicros: intervalMicros(shared.perSecond),
      burst: burst(shared.perSecond, MIN_SHARED_BURST),
    },
  };
}

function intervalMicros(perSecond: number): number {
  return Math.round(1_000_000 / perSecond);
}

function burst(perSecond: number, least: number): number {
  return Math.max(least, Math.ceil(perSecond * RATE_SLACK));
}
