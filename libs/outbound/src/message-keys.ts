import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';

/** A name that a caller gave a message. */
export interface MessageKey {
  /** What the name is unique within: an application for its event_id, an environment for an Idempotency-Key. */
  scopeId: string;
  environmentId: string;
  key: string;
  /** Digest of the request that first had the key; null when any may have it. */
  requestHash: Buffer | null;
  /** Null is never. */
  expiresAt: Date | null;
}

/** Which messages callers have named, so that posting one again finds the first. */
@Injectable()
export class MessageKeys {
  constructor(@Inject(EntityManager) private readonly em: EntityManager) {}

  /**
   * Gives a name to a message, unless it is another's.
   *
   * @returns the id of the message that has the name, which may not be stored yet: who named it may still be at it, or may
   *   have died. And whether that was the same request
   */
  async claim(key: MessageKey, messageId: string): Promise<{ messageId: string; isSameRequest: boolean }> {
    const { scopeId, environmentId, key: name, requestHash, expiresAt } = key;
    const [row] = await this.em
      .fork()
      .execute<[{ message_id: string; is_same: boolean }]>(CLAIM, [
        ...[scopeId, name, environmentId, messageId, requestHash, expiresAt, requestHash],
      ]);
    return { messageId: row.message_id, isSameRequest: row.is_same };
  }
}

/** A key whose time is over is taken anew. */
const CLAIM = `
insert into message_keys as k (scope_id, key, environment_id, message_id, request_hash, expires_at)
values (?, ?, ?, ?, ?, ?)
on conflict (scope_id, key) do update set
  message_id = case when k.expires_at < now() then excluded.message_id else k.message_id end,
  request_hash = case when k.expires_at < now() then excluded.request_hash else k.request_hash end,
  expires_at = case when k.expires_at < now() then excluded.expires_at else k.expires_at end
returning message_id, request_hash is not distinct from (?)::bytea as is_same`;
