import { defineEntity, p } from '@mikro-orm/postgresql';

/** Why a connection did not take an event. */
export interface IgnoredConnection {
  /** `abandoned`: routing the event was given up, for it was lost with its worker eleven times. */
  cause: 'filtered' | 'connection_disabled' | 'destination_disabled' | 'abandoned';
  /** Index of the first filter rule that failed, with cause `filtered`. */
  rule?: number;
}

const EventSchema = defineEntity({
  name: 'Event',
  tableName: 'events',
  properties: {
    id: p.uuid().primary(),
    seq: p.bigint('number'),
    organizationId: p.uuid(),
    environmentId: p.uuid(),
    /** Of a message: its application. */
    sourceId: p.uuid(),
    /** Of a message; null of a webhook that came in. */
    eventType: p.string().nullable(),
    method: p.string(),
    contentType: p.string().nullable(),
    sourceIp: p.string().nullable(),
    payloadBytes: p.integer(),
    verificationStatus: p.string().$type<VerificationStatus>(),
    verificationError: p.string().nullable(),
    dedupStatus: p.string(),
    dedupHash: p.string().nullable(),
    receivedAt: p.datetime(),
    ignored: p.json<Record<string, IgnoredConnection>>().nullable(),
  },
});

/** `none`: the source does not verify; `schema_invalid`: it does not fit the schema, and the source only warns. */
export type VerificationStatus = 'skipped' | 'verified' | 'schema_invalid';

/** One accepted webhook or message, immutable but for `ignored`, which routing adds. */
export class Event extends EventSchema.class {}
EventSchema.setClass(Event);
