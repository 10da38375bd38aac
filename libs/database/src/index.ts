export { Batcher, type BatcherOptions } from './batcher.js';
export { booleans, bytes, int2s, int4s, int8s, texts, timestamps, uuids } from './binary-array.js';
export { Database, HOT_PATH_SETTINGS, type Query } from './database.js';
export { DatabaseModule } from './database.module.js';
export { decodeCursor, encodeCursor, type Page, type PageRequest, toPage } from './keyset.js';
export { migrate, pendingMigrations } from './migrate.js';
export { isConnectionFailure, isServerAway, isUniqueViolation } from './pg-errors.js';
export { type Condition, equals, search, type SearchResult, type SearchWindow } from './search.js';
