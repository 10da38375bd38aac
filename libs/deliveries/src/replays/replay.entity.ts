import { defineEntity, p } from '@mikro-orm/postgresql';
import { type FilterRule } from '#libs/routing';

/**
 * `replay` sends events again, `retry` sends dead letters again. For one endpoint of an application `recover` sends its dead
 * letters again, and `replay_missing` what it should have got and did not.
 */
export const REPLAY_KINDS = ['replay', 'retry', 'recover', 'replay_missing'] as const;
export type ReplayKind = (typeof REPLAY_KINDS)[number];

/** `failed`: what it sends to, or over, is gone or disabled. The last three are final. */
export const REPLAY_STATUSES = ['running', 'paused', 'cancelled', 'completed', 'failed'] as const;
export type ReplayStatus = (typeof REPLAY_STATUSES)[number];
/** Of jobs that have not ended. */
export const LIVE_STATUSES: ReplayStatus[] = ['running', 'paused'];

const ReplaySchema = defineEntity({
  name: 'Replay',
  tableName: 'replays',
  properties: {
    id: p.uuid().primary(),
    organizationId: p.uuid(),
    environmentId: p.uuid(),
    kind: p.string().$type<ReplayKind>(),
    destinationId: p.uuid().nullable(),
    sourceId: p.uuid().nullable(),
    connectionId: p.uuid().nullable(),
    cause: p.string().nullable(),
    fromTime: p.datetime().nullable(),
    toTime: p.datetime().nullable(),
    filterRules: p.json<FilterRule[]>().nullable(),
    rateLimit: p.integer(),
    maxEvents: p.integer().nullable(),
    status: p.string().$type<ReplayStatus>().default('running'),
    error: p.string().nullable(),
    total: p.integer(),
    totalIsEstimate: p.boolean().default(false),
    processed: p.integer().default(0),
    skipped: p.integer().default(0),
    succeeded: p.integer().default(0),
    failed: p.integer().default(0),
    cancelled: p.integer().default(0),
    firstId: p.uuid(),
    lastId: p.uuid(),
    cursorId: p.uuid(),
    settledAt: p.datetime().nullable(),
    startedAt: p.datetime().onCreate(() => new Date()),
    completedAt: p.datetime().nullable(),
  },
});

/** A job that sends many deliveries again, step by step. Made and steered by people, advanced by the worker. */
export class Replay extends ReplaySchema.class {}
ReplaySchema.setClass(Replay);
