import { defineEntity, p } from '@mikro-orm/postgresql';
import { type VerificationScheme } from '#libs/crypto';

export const SOURCE_STATUSES = ['active', 'paused', 'disabled'] as const;
export type SourceStatus = (typeof SOURCE_STATUSES)[number];

const SourceSchema = defineEntity({
  name: 'Source',
  tableName: 'sources',
  properties: {
    id: p.uuid().primary(),
    organizationId: p.uuid(),
    environmentId: p.uuid(),
    name: p.string(),
    slug: p.string(),
    description: p.string().nullable(),
    template: p.string().nullable(),
    type: p.string().default('http'),
    status: p.string().$type<SourceStatus>().default('active'),
    verificationEnabled: p.boolean().default(false),
    verificationType: p.string().$type<VerificationScheme>().nullable(),
    /** Sealed by the keyring. */
    verificationSecret: p.string().nullable(),
    verificationHeader: p.string().nullable(),
    ipAllowlist: p.json<string[]>().nullable(),
    ipDenylist: p.json<string[]>().nullable(),
    eventCount: p.bigint('number').default(0),
    lastEventAt: p.datetime().nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p
      .datetime()
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
});

/** Where webhooks come in: a URL of its own and the checks they must pass. */
export class Source extends SourceSchema.class {}
SourceSchema.setClass(Source);
