import { defineEntity, p } from '@mikro-orm/postgresql';
import { Destination } from '#libs/destinations';
import { Source } from '#libs/sources';
import { type FilterRule } from './filter/filter-rule.js';

export const CONNECTION_STATUSES = ['active', 'paused', 'disabled'] as const;
export type ConnectionStatus = (typeof CONNECTION_STATUSES)[number];

const ConnectionSchema = defineEntity({
  name: 'Connection',
  tableName: 'connections',
  properties: {
    id: p.uuid().primary(),
    organizationId: p.uuid(),
    environmentId: p.uuid(),
    source: () => p.manyToOne(Source),
    destination: () => p.manyToOne(Destination),
    name: p.string(),
    description: p.string().nullable(),
    enabled: p.boolean().default(true),
    status: p.string().$type<ConnectionStatus>().default('active'),
    filterRules: p.json<FilterRule[]>().nullable(),
    transformEnabled: p.boolean().default(false),
    transformExpression: p.text().nullable(),
    eventCount: p.bigint('number').default(0),
    lastEventAt: p.datetime().nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p
      .datetime()
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
});

/** A route from a source to a destination, with a filter and a transform of its own. */
export class Connection extends ConnectionSchema.class {}
ConnectionSchema.setClass(Connection);
