/** How a receiver answers; see `Receivers`. */
export type Behaviour = 'fast' | 'slow' | 'mending' | 'dead' | 'flapping' | 'ordered' | 'limited' | 'hanging' | 'gone';

/** A destination as it is made through the API, and how its receiver behaves. */
export interface ChaosDestination {
  behaviour: Behaviour;
  /** Retries after the first try. */
  retries: number;
  settings: Record<string, unknown>;
}

const WINDOW = 20;
/** Opens soon and is tested soon: a run sees many openings. */
const BREAKER = { circuit_breaker_threshold: 5, circuit_breaker_reset_ms: 1000 };

const kind = (behaviour: Behaviour, count: number, retries: number, settings: object): ChaosDestination[] =>
  Array.from({ length: count }, () => ({
    behaviour,
    retries,
    settings: { retry_max_attempts: retries, max_concurrency: WINDOW, ...settings },
  }));

/** The twenty destinations of a run. */
export const DESTINATIONS: readonly ChaosDestination[] = [
  ...kind('fast', 8, 10, { retry_intervals: [0.5, 1], ...BREAKER }),
  ...kind('slow', 4, 10, { retry_intervals: [0.5, 1], ...BREAKER }),
  // Two dozen seconds of patience: some deliveries outlast the failure, some become dead letters.
  ...kind('mending', 2, 10, { retry_intervals: [0.5, 1, 2, 3], ...BREAKER }),
  // Without a breaker, for behind one a backlog of it would never end.
  ...kind('dead', 1, 2, { retry_intervals: [0.3, 0.6], circuit_breaker_enabled: false }),
  ...kind('flapping', 2, 10, { retry_intervals: [0.5, 1, 2], ...BREAKER }),
  ...kind('ordered', 1, 10, { retry_intervals: [0.2], ordering: 'fifo', ...BREAKER }),
  ...kind('limited', 1, 10, { retry_intervals: [0.5], rate_limit_per_second: 30 }),
  ...kind('hanging', 1, 10, { retry_intervals: [0.5, 1], timeout_ms: 2000, ...BREAKER }),
];

export const SOURCES = 10;

/** The two sources that a destination is connected to: four connections for every source. */
export function sourcesOf(destination: number): number[] {
  return [destination % SOURCES, (destination * 7 + 3) % SOURCES];
}
