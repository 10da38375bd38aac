import { Inject, Injectable } from '@nestjs/common';
import { Database, uuids } from '#libs/database';
import { type SendState, SendStates } from '#libs/destinations';
import { deliveriesOf, type EventSummary } from '#libs/events';
import { ADMISSIBLE } from '../admissible.js';
import {
  type ExplainableDelivery,
  explainDelivery,
  explainIgnored,
  explainUnrouted,
  MAX_POSITION,
  type Verdict,
} from './explanation.js';

/** What became of an event over one connection. A connection has several when the event was replayed. */
export interface Explanation extends Verdict {
  connectionId: string;
  /** Null once it is deleted. */
  connectionName: string | null;
  /** Null when it is not known any more. */
  destinationId: string | null;
  destinationName: string | null;
  /** Null when no delivery was made. */
  deliveryId: string | null;
  replayId: string | null;
  triggerType: string | null;
  attempts: number;
  nextRetryAt: Date | null;
  lastAttemptAt: Date | null;
}

/** Says of every connection that was considered for an event what happened, and why. */
@Injectable()
export class ExplanationsService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SendStates) private readonly sendStates: SendStates,
  ) {}

  /** By connection, oldest first. @param event of the caller */
  async of(event: EventSummary): Promise<Explanation[]> {
    const [delivered, ignored, unrouted] = await Promise.all([
      this.ofDeliveries(event),
      this.ofIgnored(event),
      this.ofUnrouted(event),
    ]);
    return [...delivered, ...ignored, ...unrouted].sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
  }

  private async ofDeliveries({ id, environment_id: environmentId }: EventSummary): Promise<Explanation[]> {
    const rows = await this.database.query<DeliveryRow>('explain_deliveries', DELIVERIES, [id, environmentId]);
    const sending = await this.sending(rows);
    return rows.map((row) => ({
      ...ends(row),
      ...explainDelivery(row, sending.get(row.destination_id)),
      deliveryId: row.id,
      replayId: row.replay_id,
      triggerType: row.trigger_type,
      attempts: row.attempts,
      nextRetryAt: row.next_retry_at,
      lastAttemptAt: row.last_attempt_at,
    }));
  }

  /** Redis is asked about destinations with something on its way only. */
  private async sending(rows: DeliveryRow[]): Promise<Map<string, SendState | undefined>> {
    const live = rows.filter(({ state }) => ['waiting', 'queued', 'retrying'].includes(state));
    const destinationIds = [...new Set(live.map((row) => row.destination_id))];
    const answers = destinationIds.map(async (destinationId) => {
      const own = live.filter((row) => row.destination_id === destinationId);
      return [
        destinationId,
        await this.sendStates.of(
          destinationId,
          own.map(({ id }) => id),
        ),
      ] as const;
    });
    return new Map(await Promise.all(answers));
  }

  private async ofIgnored({ ignored, environment_id: environmentId }: EventSummary): Promise<Explanation[]> {
    const entries = Object.entries(ignored ?? {});
    if (entries.length === 0) return [];
    const rows = await this.database.query<EndsRow>('explain_ignored', CONNECTIONS, [
      uuids(entries.map(([id]) => id)),
      environmentId,
    ]);
    const known = new Map(rows.map((row) => [row.connection_id, row]));
    return entries.map(([connectionId, why]) => {
      const gone = { connection_id: connectionId, ...NOTHING_KNOWN };
      return { ...ends(known.get(connectionId) ?? gone), ...NO_DELIVERY, ...explainIgnored(why) };
    });
  }

  private async ofUnrouted({ id, environment_id: environmentId }: EventSummary): Promise<Explanation[]> {
    const rows = await this.database.query<UnroutedRow>('explain_unrouted', UNROUTED, [id, environmentId]);
    return rows.map((row) => ({ ...ends(row), ...NO_DELIVERY, ...explainUnrouted(row.held, row.source_status) }));
  }
}

interface EndsRow {
  connection_id: string;
  connection_name: string | null;
  destination_id: string | null;
  destination_name: string | null;
}
interface UnroutedRow extends EndsRow {
  held: boolean;
  source_status: string | null;
}
interface DeliveryRow extends ExplainableDelivery, EndsRow {
  destination_id: string;
  replay_id: string | null;
}

const NOTHING_KNOWN = { connection_name: null, destination_id: null, destination_name: null };
const NO_DELIVERY = {
  deliveryId: null,
  replayId: null,
  triggerType: null,
  attempts: 0,
  nextRetryAt: null,
  lastAttemptAt: null,
};

function ends(row: EndsRow) {
  return {
    connectionId: row.connection_id,
    connectionName: row.connection_name,
    destinationId: row.destination_id,
    destinationName: row.destination_name,
  };
}

const DELIVERIES = `
select d.id, d.connection_id, d.destination_id, c.name as connection_name, t.name as destination_name,
  case when c.enabled then c.status else 'disabled' end as connection_status, t.status as destination_status,
  d.state, d.cause, d.attempts, d.next_retry_at, d.trigger_type, d.replay_id, a.created_at as last_attempt_at,
  a.response_status, a.error, w.position
from (select $1::uuid as id) e
  join deliveries d on ${deliveriesOf('e.id')}
  left join connections c on c.id = d.connection_id left join destinations t on t.id = d.destination_id
  left join delivery_attempts a on a.delivery_id = d.id and a.number = d.attempts
  left join lateral (
    select count(*)::int as position from (
      select from deliveries w
      where ${ADMISSIBLE} and w.destination_id = d.destination_id and (w.seq, w.id) <= (d.seq, d.id)
      limit ${MAX_POSITION}) line) w on d.state = 'waiting'
where d.environment_id = $2::uuid order by d.connection_id, d.created_at`;

const ENDS = `c.id as connection_id, c.name as connection_name, t.id as destination_id, t.name as destination_name`;

const CONNECTIONS = `
select ${ENDS} from connections c join destinations t on t.id = c.destination_id
where c.id = any($1::uuid[]) and c.environment_id = $2::uuid`;

const UNROUTED = `
select ${ENDS}, u.held, s.status as source_status
from unrouted_events u join sources s on s.id = u.source_id
  join connections c on c.source_id = u.source_id join destinations t on t.id = c.destination_id
where u.event_id = $1::uuid and c.environment_id = $2::uuid order by c.id`;
