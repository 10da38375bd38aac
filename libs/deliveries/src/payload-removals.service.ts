import { Inject, Injectable } from '@nestjs/common';
import { Database, uuids } from '#libs/database';
import { Log } from '#libs/observability';
import { idBounds } from './id-bounds.js';
import { EXPIRED, EXPUNGE, REMOVE_EXPIRED } from './payload-removal-statements.js';

/** Payloads removed by one statement, and statements of one run: other maintenance waits for it. */
const BATCH = 500;
const MAX_BATCHES = 20;

/**
 * Removes payloads of messages for good, and cancels what was still to be sent of them. A try in flight ends as it
 * would have: it has read its payload.
 */
@Injectable()
export class PayloadRemovalsService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Removes one payload because somebody asks for it. Harmless to repeat. */
  async expunge(messageId: string): Promise<void> {
    await this.database.query('expunge_payload', EXPUNGE, [uuids([messageId]), 'payload_expunged']);
  }

  /** Removes payloads whose time is over, the oldest first; what is left when this has run long enough waits for the next run. */
  async removeExpired(): Promise<void> {
    let count = 0;
    for (let batch = 0; batch < MAX_BATCHES && count === batch * BATCH; batch++) {
      const rows = await this.database.query<{ event_id: string }>('expired_payloads', EXPIRED, [BATCH]);
      if (rows.length === 0) break;
      const ids = rows.map(({ event_id }) => event_id);
      await this.database.query('remove_expired', REMOVE_EXPIRED, [uuids(ids), 'event_expired', ...idBounds(ids)]);
      count += ids.length;
    }
    if (count > 0) this.log.info({ count }, 'expired payloads removed');
  }
}
