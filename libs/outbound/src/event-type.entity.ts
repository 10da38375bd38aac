import { defineEntity, p } from '@mikro-orm/postgresql';

export const EVENT_TYPE_STATUSES = ['active', 'archived'] as const;
export type EventTypeStatus = (typeof EVENT_TYPE_STATUSES)[number];

const EventTypeSchema = defineEntity({
  name: 'EventType',
  tableName: 'event_types',
  properties: {
    id: p.uuid().primary(),
    organizationId: p.uuid(),
    environmentId: p.uuid(),
    /** Dot notation. */
    name: p.string(),
    description: p.string().nullable(),
    jsonSchema: p.json<Record<string, unknown>>().nullable(),
    status: p.string().$type<EventTypeStatus>().default('active'),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p
      .datetime()
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
});

/** A kind of message, and what its payload looks like. */
export class EventType extends EventTypeSchema.class {}
EventTypeSchema.setClass(EventType);
