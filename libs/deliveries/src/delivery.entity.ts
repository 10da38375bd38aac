import { defineEntity, p } from '@mikro-orm/postgresql';

/**
 * `waiting` in PostgreSQL only, `queued` for a worker, `retrying` after a failed attempt until the next; the others
 * are final.
 */
export type DeliveryState = 'waiting' | 'queued' | 'retrying' | 'delivered' | 'dead' | 'cancelled';

/** Who asked for an attempt: the event itself, its retry policy, a person, a replay of the event, or the recovery of an endpoint. */
export type TriggerType = 'event' | 'retry' | 'manual' | 'replay' | 'recovery';

const DeliverySchema = defineEntity({
  name: 'Delivery',
  tableName: 'deliveries',
  properties: {
    id: p.uuid().primary(),
    environmentId: p.uuid(),
    eventId: p.uuid(),
    connectionId: p.uuid(),
    destinationId: p.uuid(),
    seq: p.bigint('number'),
    state: p.string().$type<DeliveryState>(),
    cause: p.string().nullable(),
    attempts: p.smallint(),
    nextRetryAt: p.datetime().nullable(),
    createdAt: p.datetime(),
  },
});

/** One event on its way to one destination over one connection. Written by plain statements, read through the ORM. */
export class Delivery extends DeliverySchema.class {}
DeliverySchema.setClass(Delivery);
