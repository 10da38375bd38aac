/** SQL: the delivery waits for its turn only. One of a paused connection waits for that, and lets others pass. */
export const ADMISSIBLE = `state = 'waiting' and cause is distinct from 'connection_paused'`;
export const HELD_BY_CONNECTION = `state = 'waiting' and cause = 'connection_paused'`;
