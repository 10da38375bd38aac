import { defineEntity, p } from '@mikro-orm/postgresql';
import { type Plan } from './plans.js';

const OrganizationSchema = defineEntity({
  name: 'Organization',
  tableName: 'organizations',
  properties: {
    id: p.uuid().primary(),
    name: p.string(),
    slug: p.string().unique(),
    plan: p.string().$type<Plan>().default('self_hosted'),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p
      .datetime()
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
});

/** The top container: a company or team. */
export class Organization extends OrganizationSchema.class {}
OrganizationSchema.setClass(Organization);
