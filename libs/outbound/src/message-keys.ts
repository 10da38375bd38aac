import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#libs/database';

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

/** The message that has a name. */
export interface NamedMessage {
  messageId: string;
  /** Whether it got the name by the same request. */
  isSameRequest: boolean;
}

/** Which messages callers have named, so that posting one again finds the first. */
@Injectable()
export class MessageKeys {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The message that has the name, or undefined. It may not be stored yet, as with {@link claim}. */
  async find({ scopeId, key, requestHash }: MessageKey): Promise<NamedMessage | undefined> {
    const [row] = await this.database.query<KeyRow>('find_message_key', FIND, [scopeId, key, requestHash]);
    return row && toNamed(row);
  }

  /**
   * Gives a name to a message, unless it is another's.
   *
   * @returns the message that has the name, which may not be stored yet: who named it may still be at it, or may have died
   */
  async claim(key: MessageKey, messageId: string): Promise<NamedMessage> {
    const { scopeId, environmentId, key: name, requestHash, expiresAt } = key;
    const [row] = await this.database.query<KeyRow>('claim_message_key', CLAIM, [
      ...[scopeId, name, environmentId, messageId, requestHash, expiresAt],
    ]);
    return toNamed(row!);
  }
}

interface KeyRow {
  message_id: string;
  is_same: boolean;
}

function toNamed(row: KeyRow): NamedMessage {
  return { messageId: row.message_id, isSameRequest: row.is_same };
}

const FIND = `
select message_id, request_hash is not distinct from $3::bytea as is_same from message_keys
where scope_id = $1 and key = $2 and (expires_at is null or expires_at >= now())`;

/** A key whose time is over is taken anew. */
const CLAIM = `
insert into message_keys as k (scope_id, key, environment_id, message_id, request_hash, expires_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (scope_id, key) do update set
  message_id = case when k.expires_at < now() then excluded.message_id else k.message_id end,
  request_hash = case when k.expires_at < now() then excluded.request_hash else k.request_hash end,
  expires_at = case when k.expires_at < now() then excluded.expires_at else k.expires_at end
returning message_id, request_hash is not distinct from $5::bytea as is_same`;
