export { createLogger, Log, nestLogger } from './log.js';
export { ObservabilityModule } from './observability.module.js';
export { Metrics, type RepairKind } from './metrics.js';
