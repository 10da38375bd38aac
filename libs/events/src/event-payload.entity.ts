import { defineEntity, p } from '@mikro-orm/postgresql';

const EventPayloadSchema = defineEntity({
  name: 'EventPayload',
  tableName: 'event_payloads',
  properties: {
    eventId: p.uuid().primary(),
    headers: p.text(),
    query: p.text(),
    bodyText: p.text().nullable(),
    bodyBytes: p.blob().nullable(),
  },
});

/** The wide part of an event: headers as JSON, the raw query string, and the exact body. */
export class EventPayload extends EventPayloadSchema.class {}
EventPayloadSchema.setClass(EventPayload);
