import { defineEntity, p } from '@mikro-orm/postgresql';

export const APPLICATION_STATUSES = ['active', 'disabled'] as const;
export type ApplicationStatus = (typeof APPLICATION_STATUSES)[number];

const ApplicationSchema = defineEntity({
  name: 'Application',
  tableName: 'applications',
  properties: {
    id: p.uuid().primary(),
    organizationId: p.uuid(),
    environmentId: p.uuid(),
    name: p.string(),
    /** The environment's own name for it; stands wherever its id does. */
    uid: p.string(),
    description: p.string().nullable(),
    metadata: p.json<Record<string, unknown>>().nullable(),
    status: p.string().$type<ApplicationStatus>().default('active'),
    /** Whether its endpoints get news of the endpoints of its environment. */
    operational: p.boolean().default(false),
    /** Messages per second; null is unlimited. */
    rateLimit: p.integer().nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p
      .datetime()
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
});

/** A customer that gets webhooks. */
export class Application extends ApplicationSchema.class {}
ApplicationSchema.setClass(Application);
