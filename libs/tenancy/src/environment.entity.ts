import { defineEntity, p } from '@mikro-orm/postgresql';

const EnvironmentSchema = defineEntity({
  name: 'Environment',
  tableName: 'environments',
  properties: {
    id: p.uuid().primary(),
    organizationId: p.uuid(),
    name: p.string(),
    slug: p.string(),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p
      .datetime()
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
});

/** A tenant: everything but organizations belongs to exactly one environment, and no query crosses it. */
export class Environment extends EnvironmentSchema.class {}
EnvironmentSchema.setClass(Environment);
