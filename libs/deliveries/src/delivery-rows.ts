import { Inject, Injectable } from '@nestjs/common';
import { Batcher, Database, texts, uuids } from '#libs/database';
import { type TriggerType } from './delivery.entity.js';
import { idBounds } from './id-bounds.js';

/** A delivery that is to be sent, with what is needed of its event. */
export interface DueDelivery {
  id: string;
  environment_id: string;
  event_id: string;
  connection_id: string;
  destination_id: string;
  source_id: string;
  attempts: number;
  attempts_before: number;
  trigger_type: TriggerType;
  payload_bytes: number;
  /** Whether its destination is active: read with the row, for what is cached may be a moment old. */
  is_active: boolean;
  /** Of its environment's configuration: what is cached of an older one is read again. */
  config_version: number;
}

/** What becomes of a delivery without an attempt. */
export interface Settlement {
  deliveryId: string;
  /** Nothing happens to a delivery that has moved on. */
  from: 'queued' | 'retrying';
  state: 'waiting' | 'cancelled';
  /** Null when it waits for no other reason than its turn. */
  cause:
    | 'connection_paused'
    | 'connection_disabled'
    | 'connection_deleted'
    | 'destination_disabled'
    | 'destination_deleted'
    | 'endpoint_expired'
    | 'event_expired'
    | 'payload_expunged'
    | null;
}

/** Delivery rows, in batches that form across jobs. */
@Injectable()
export class DeliveryRows {
  private readonly queuedLoads = new Batcher<string, DueDelivery | undefined>((ids) => this.loadQueued(ids));
  private readonly settlements = new Batcher<Settlement, void>((items) => this.writeSettlements(items));

  constructor(@Inject(Database) private readonly database: Database) {}

  /** The delivery if it is queued; undefined when it is done, cancelled or retrying. */
  queued(id: string): Promise<DueDelivery | undefined> {
    return this.queuedLoads.add(id);
  }

  /** The delivery if it waits for the retry that follows the given number of attempts. */
  async retrying(id: string, attempts: number): Promise<DueDelivery | undefined> {
    const rows = await this.database.query<DueDelivery>('load_retrying', LOAD_RETRYING, [id, attempts]);
    return rows[0];
  }

  /** Lets a delivery wait or ends it. */
  settle(settlement: Settlement): Promise<void> {
    return this.settlements.add(settlement);
  }

  /** How many deliveries of each destination wait for a retry, counted up to a limit. */
  async countRetrying(destinationIds: string[], limit: number): Promise<Map<string, number>> {
    const rows = await this.database.query<{ destination_id: string; count: number }>(
      'count_retrying',
      COUNT_RETRYING,
      [uuids(destinationIds), limit],
    );
    return new Map(rows.map((row) => [row.destination_id, row.count]));
  }

  private async loadQueued(ids: string[]): Promise<(DueDelivery | undefined)[]> {
    const rows = await this.database.query<DueDelivery>('load_queued', LOAD_QUEUED, [uuids(ids), ...idBounds(ids)]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id));
  }

  private async writeSettlements(items: Settlement[]): Promise<void[]> {
    const ids = items.map((item) => item.deliveryId);
    await this.database.query('settle_deliveries', SETTLE, [
      uuids(ids),
      texts(items.map((item) => item.state)),
      texts(items.map((item) => item.cause)),
      texts(items.map((item) => item.from)),
      ...idBounds(ids),
    ]);
    return items.map(() => undefined);
  }
}

const SELECT = `
select id, environment_id, event_id, connection_id, destination_id, source_id, attempts, attempts_before, trigger_type,
  payload_bytes, coalesce((select t.status = 'active' from targets t where t.id = destination_id), false) as is_active,
  coalesce((select e.config_version from environments e where e.id = environment_id), 0) as config_version
from deliveries`;

export const LOAD_QUEUED = `${SELECT} where id = any($1::uuid[]) and id between $2::uuid and $3::uuid and state = 'queued'`;

const LOAD_RETRYING = `${SELECT} where id = $1 and state = 'retrying' and attempts = $2`;

const SETTLE = `
update deliveries set next_retry_at = null, state = ($2::text[])[array_position($1::uuid[], id)],
  cause = ($3::text[])[array_position($1::uuid[], id)]
where id = any($1::uuid[]) and id between $5::uuid and $6::uuid
  and state = ($4::text[])[array_position($1::uuid[], id)]`;

const COUNT_RETRYING = `
select q.id as destination_id, (select count(*)::int from (
    select from deliveries d where d.destination_id = q.id and d.state = 'retrying' limit $2) r) as count
from unnest($1::uuid[]) q (id)`;
