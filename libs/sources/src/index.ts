export { DEDUP_STRATEGIES, type DedupStrategy } from './dedup-key.js';
export { IngestService, type IncomingWebhook } from './ingest.service.js';
export { isAddressBlock } from './ip-rule.js';
export { SOURCE_TEMPLATES, type SourceTemplate } from './source-templates.js';
export {
  DEFAULT_DEDUP_WINDOW_SECONDS,
  SCHEMA_ACTIONS,
  type SchemaAction,
  Source,
  SOURCE_STATUSES,
  SOURCE_TYPES,
  type SourceStatus,
  type SourceType,
} from './source.entity.js';
export { SourcesModule } from './sources.module.js';
export { type NewSource, type SourceChanges, type SourceFilter, SourcesService } from './sources.service.js';
