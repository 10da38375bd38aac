import { Inject, Injectable } from '@nestjs/common';
import { Batcher, Database, uuids } from '#libs/database';
import { bodyBytes, type StoredBody } from './body.js';

/** The wide part of an event, as stored. */
export class LoadedPayload {
  private shared: Buffer | undefined;

  constructor(
    readonly headersJson: string,
    readonly body: StoredBody,
  ) {}

  /** The exact bytes received. All who loaded the event at the same time share them: nobody may write to them. */
  get bytes(): Buffer {
    return (this.shared ??= bodyBytes(this.body));
  }
}

/** Bytes of bodies in one answer. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** Reads payloads in batches whose size in memory is bounded. */
@Injectable()
export class PayloadLoader {
  private readonly loads = new Batcher<{ eventId: string; bytes: number }, LoadedPayload | undefined>(
    async (items) => {
      const found = await this.read(items.map((item) => item.eventId));
      return items.map((item) => found.get(item.eventId));
    },
    { maxWeight: MAX_BATCH_BYTES, weigh: (item) => item.bytes },
  );

  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * @param bytes size of the body, as the event says
   * @returns undefined when the event is gone (past its retention)
   */
  load(eventId: string, bytes: number): Promise<LoadedPayload | undefined> {
    return this.loads.add({ eventId, bytes });
  }

  private async read(eventIds: string[]): Promise<Map<string, LoadedPayload>> {
    const ids = [...new Set(eventIds)].sort();
    const rows = await this.database.query<PayloadRow>('load_payloads', LOAD, [uuids(ids), ids[0], ids.at(-1)]);
    return new Map(
      rows.map((row) => [row.event_id, new LoadedPayload(row.headers, { text: row.body_text, bytes: row.body_bytes })]),
    );
  }
}

interface PayloadRow {
  event_id: string;
  headers: string;
  body_text: string | null;
  body_bytes: Buffer | null;
}

/** The bounds let PostgreSQL skip the partitions of other days. */
const LOAD = `
select event_id, headers, body_text, body_bytes from event_payloads
where event_id = any($1::uuid[]) and event_id between $2::uuid and $3::uuid`;
