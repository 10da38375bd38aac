import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Database, texts, uuids } from '#libs/database';
import { type SchemaValidator, schemaValidator } from '#libs/json-schema';
import { ConfigCache, ConfigVersions, type Versioned } from '#libs/tenancy';
import { isEventTypeName } from './event-type-name.js';
import { type EventTypeStatus } from './event-type.entity.js';
import { keyOf, splitKey } from './name-key.js';

/** Compiled schemas in memory. They outlive changes that are not about them. */
const MAX_VALIDATORS = 1000;

/** What the posting of messages needs to know of an event type. */
export interface CachedEventType extends Versioned {
  status: EventTypeStatus;
  /** Null when every payload fits. */
  validator: SchemaValidator | null;
}

/** Event types in memory; read once per change of their environment. */
@Injectable()
export class EventTypeCache {
  private readonly eventTypes: ConfigCache<CachedEventType>;
  private readonly validators = new LRUCache<string, SchemaValidator>({ max: MAX_VALIDATORS });

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigVersions) versions: ConfigVersions,
  ) {
    this.eventTypes = new ConfigCache(versions, (keys) => this.load(keys));
  }

  /** The event type of an environment, or undefined if there is none. */
  async named(environmentId: string, name: string): Promise<CachedEventType | undefined> {
    if (!isEventTypeName(name)) return undefined;
    const key = keyOf(environmentId, name);
    const known = this.eventTypes.peek(key) ?? (await this.eventTypes.get(key));
    // That there is none may be a second old.
    return known ?? (await this.load([key])).get(key);
  }

  private async load(keys: string[]): Promise<Map<string, CachedEventType>> {
    const names = keys.map(splitKey);
    const rows = await this.database.query<EventTypeRow>('load_event_types', LOAD, [
      uuids(names.map(({ environmentId }) => environmentId)),
      texts(names.map(({ name }) => name)),
    ]);
    return new Map(
      rows.map((row) => [
        keyOf(row.environment_id, row.name),
        {
          environmentId: row.environment_id,
          configVersion: row.config_version,
          status: row.status,
          validator: row.json_schema && this.validator(row, row.json_schema),
        },
      ]),
    );
  }

  private validator({ id, updated_at }: EventTypeRow, schema: Record<string, unknown>): SchemaValidator {
    const version = `${id}:${updated_at.getTime()}`;
    const known = this.validators.get(version);
    if (known) return known;
    const validator = schemaValidator(schema);
    this.validators.set(version, validator);
    return validator;
  }
}

interface EventTypeRow {
  id: string;
  environment_id: string;
  name: string;
  status: EventTypeStatus;
  json_schema: Record<string, unknown> | null;
  updated_at: Date;
  config_version: number;
}

const LOAD = `
select t.id, t.environment_id, t.name, t.status, t.json_schema, t.updated_at, e.config_version
from unnest($1::uuid[], $2::text[]) q (environment_id, name)
  join event_types t on t.environment_id = q.environment_id and t.name = q.name
  join environments e on e.id = t.environment_id`;
