export { checkExpression } from './check-expression.js';
export { TransformPool, type TransformPoolOptions } from './transform-pool.js';
export { type TransformOutcome } from './transform-messages.js';
