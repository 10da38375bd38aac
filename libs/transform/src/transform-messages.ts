/** What became of one transform: the new body, or a sentence for the person who wrote the expression. */
export type TransformOutcome = { kind: 'transformed'; body: string } | { kind: 'failed'; message: string };

/** One transform on its way to a child: `[expression, body]`. */
export type TransformRun = [expression: string, body: string];

/** The first and only argument of a child, as JSON. */
export interface TransformLimits {
  evaluationTimeoutMs: number;
  maxOutputBytes: number;
}

/** A child sends this once, when it can take batches; from then on it answers each `TransformRun[]` with `TransformOutcome[]`. */
export const READY = 'ready';
