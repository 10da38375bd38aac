import { defineEntity, p } from '@mikro-orm/postgresql';
import { type SigningAlgorithm } from '#libs/crypto';
import { Application } from './application.entity.js';

export const ENDPOINT_STATUSES = ['active', 'disabled'] as const;
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number];

/** What an endpoint is: its status, unless it is active and its time is over. */
export const ENDPOINT_STATES = [...ENDPOINT_STATUSES, 'expired'] as const;
export type EndpointState = (typeof ENDPOINT_STATES)[number];

/** Every valid secret is a signature in a header of each message. */
const MAX_OLD_SECRETS = 4;

/** A secret that has been replaced and is still signed with. */
export interface OldSigningSecret {
  /** Sealed by the keyring. */
  secret: string;
  /** ISO 8601. */
  expires_at: string;
}

/** What an endpoint stores of the secret it signs with. */
export interface StoredSecret {
  signingAlgorithm: SigningAlgorithm;
  /** `whpk_…`; null when the algorithm has none. */
  publicKey: string | null;
  /** Sealed by the keyring. */
  signingSecret: string;
}

const EndpointSchema = defineEntity({
  name: 'Endpoint',
  tableName: 'endpoints',
  properties: {
    id: p.uuid().primary(),
    organizationId: p.uuid(),
    environmentId: p.uuid(),
    application: () => p.manyToOne(Application),
    url: p.string(),
    description: p.string().nullable(),
    /** Sent with each message. */
    headers: p.json<Record<string, string>>().nullable(),
    /** Of the secret in use; old ones may have another. */
    signingAlgorithm: p.string().$type<SigningAlgorithm>().default('hmac_sha256'),
    publicKey: p.string().nullable(),
    /** Sealed by the keyring. */
    signingSecret: p.string(),
    /** Oldest first. */
    oldSigningSecrets: p.json<OldSigningSecret[]>(),
    status: p.string().$type<EndpointStatus>().default('active'),
    /** Why it was disabled; null when a person did it. */
    disabledReason: p.string().$type<'failing'>().nullable(),
    /** Names of event types, or `prefix.*`; all when null or empty. */
    filterTypes: p.json<string[]>().nullable(),
    /** It gets only messages of at least one of these; all when null or empty. */
    channels: p.json<string[]>().nullable(),
    /** Null is unlimited. */
    rateLimitPerSecond: p.integer().nullable(),
    expiresAt: p.datetime().nullable(),
    /** When a worker saw that its time was over. */
    expiredAt: p.datetime().nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    updatedAt: p
      .datetime()
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
});

/** Where an application's messages go. */
export class Endpoint extends EndpointSchema.class {
  /** Whether it gets messages, and if not, why. */
  state(now = new Date()): EndpointState {
    return this.status === 'active' && this.expiresAt && this.expiresAt <= now ? 'expired' : this.status;
  }

  /** A person's doing, whatever the reason was that it had its status before. */
  setStatus(status: EndpointStatus): void {
    if (status !== this.status) this.disabledReason = null;
    this.status = status;
  }

  /** @param expiresAt null is never */
  setExpiry(expiresAt: Date | null): void {
    if (expiresAt?.getTime() === this.expiresAt?.getTime()) return;
    this.expiresAt = expiresAt;
    this.expiredAt = null;
  }

  /**
   * Signs with another secret from now on, and beside it with the replaced one for some time.
   *
   * @param graceSeconds how long; 0 for not at all
   * @param isNext whether a sealed secret is the new one: that one is in use, not replaced
   */
  rotateSecret(next: StoredSecret, graceSeconds: number, isNext: (sealed: string) => boolean, now = new Date()): void {
    const replaced = {
      secret: this.signingSecret,
      expires_at: new Date(now.getTime() + graceSeconds * 1000).toISOString(),
    };
    this.oldSigningSecrets = [...this.oldSigningSecrets, replaced]
      .filter((old) => new Date(old.expires_at) > now && !isNext(old.secret))
      .slice(-MAX_OLD_SECRETS);
    Object.assign(this, next);
  }
}
EndpointSchema.setClass(Endpoint);
