export { IngestService, type IncomingWebhook } from './ingest.service.js';
export { isAddressBlock } from './ip-rule.js';
export { SOURCE_TEMPLATES, type SourceTemplate } from './source-templates.js';
export { Source, SOURCE_STATUSES, type SourceStatus } from './source.entity.js';
export { SourcesModule } from './sources.module.js';
export { type NewSource, type SourceChanges, type SourceFilter, SourcesService } from './sources.service.js';
