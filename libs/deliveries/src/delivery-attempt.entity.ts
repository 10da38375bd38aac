import { defineEntity, p } from '@mikro-orm/postgresql';
import { type TriggerType } from './delivery.entity.js';

/** `failed` was answered, `timeout` was not in time, `error` never got an answer. */
export const ATTEMPT_STATUSES = ['success', 'failed', 'timeout', 'error'] as const;
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

/** Who asked for an attempt. Of a test there is no event, delivery or connection. */
export type AttemptTrigger = TriggerType | 'test';

const DeliveryAttemptSchema = defineEntity({
  name: 'DeliveryAttempt',
  tableName: 'delivery_attempts',
  properties: {
    id: p.uuid().primary(),
    deliveryId: p.uuid(),
    number: p.smallint(),
    environmentId: p.uuid(),
    eventId: p.uuid(),
    connectionId: p.uuid(),
    destinationId: p.uuid(),
    status: p.string().$type<AttemptStatus>(),
    cause: p.string().nullable(),
    error: p.string().nullable(),
    requestUrl: p.string(),
    requestMethod: p.string(),
    requestHeaders: p.text().nullable(),
    requestBodyBytes: p.integer(),
    responseStatus: p.smallint().nullable(),
    responseHeaders: p.text().nullable(),
    responseBody: p.text().nullable(),
    durationMs: p.integer().nullable(),
    nextRetryAt: p.datetime().nullable(),
    isDeadLetter: p.boolean(),
    triggerType: p.string().$type<AttemptTrigger>(),
    createdAt: p.datetime(),
  },
});

/** One try. Append-only. */
export class DeliveryAttempt extends DeliveryAttemptSchema.class {}
DeliveryAttemptSchema.setClass(DeliveryAttempt);
