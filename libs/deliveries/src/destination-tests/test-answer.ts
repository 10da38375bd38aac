/**
 * What a worker says to whoever waits for a test: `started` when it has taken the job, then how it ended. `gone`: there is no
 * such destination; `failed`: through a fault of ours.
 */
export type TestAnswer =
  { kind: 'started' } | { kind: 'sent'; attemptId: string } | { kind: 'gone' } | { kind: 'failed' };
