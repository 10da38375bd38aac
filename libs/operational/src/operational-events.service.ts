import { Inject, Injectable } from '@nestjs/common';
import { Database, type Query, uuids } from '#libs/database';
import { type AcceptedEvent, EventWriter } from '#libs/events';
import { Log } from '#libs/observability';
import { type OperationalEventType, TELL_OF_CIRCUIT } from './operational-events.js';

/** News taken by one transaction, and transactions of one run: the next run goes on. */
const BATCH = 200;
const MAX_BATCHES = 25;

interface OperationalEvent {
  id: number;
  environment_id: string;
  type: OperationalEventType;
  data: Record<string, unknown>;
  created_at: Date;
}

/** An application that gets the news of its environment. */
interface Listener {
  id: string;
  organization_id: string;
  environment_id: string;
}

/** Sends what happened to endpoints as messages, through the engine that delivers everything else. */
@Injectable()
export class OperationalEventsService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(EventWriter) private readonly writer: EventWriter,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Notes that a circuit has opened or closed. Best effort: the circuit is Redis', and so may be forgotten. */
  tellOfCircuit(targetId: string, type: 'circuit.opened' | 'circuit.closed'): void {
    this.database.query('tell_of_circuit', TELL_OF_CIRCUIT, [targetId, type]).catch((err: unknown) => {
      this.log.warn(
        { err, destination_id: targetId },
        `nobody is told that a circuit ${type.slice('circuit.'.length)}`,
      );
    });
  }

  /** Makes messages of what has been noted: one for each application that listens. */
  async send(): Promise<void> {
    for (let batch = 0; batch < MAX_BATCHES; batch++) {
      const { taken, messageIds } = await this.database.transaction((query) => this.sendBatch(query));
      this.writer.wakeRouter(messageIds);
      if (taken < BATCH) return;
    }
  }

  /** One transaction: news leaves the outbox exactly when its messages are stored. */
  private async sendBatch(query: Query): Promise<{ taken: number; messageIds: string[] }> {
    const events = await query<OperationalEvent>('take_operational_events', TAKE, [BATCH]);
    if (events.length === 0) return { taken: 0, messageIds: [] };
    const environmentIds = [...new Set(events.map((event) => event.environment_id))];
    const listeners = await query<Listener>('operational_applications', LISTENERS, [uuids(environmentIds)]);
    const messages = events
      .sort((a, b) => a.id - b.id)
      .flatMap((event) =>
        listeners
          .filter(({ environment_id: environmentId }) => environmentId === event.environment_id)
          .map((listener) => messageOf(event, listener)),
      );
    const messageIds = messages.length > 0 ? await this.writer.storeIn(query, messages) : [];
    return { taken: events.length, messageIds };
  }
}

function messageOf({ type, data, created_at: createdAt }: OperationalEvent, listener: Listener): AcceptedEvent {
  return {
    organizationId: listener.organization_id,
    environmentId: listener.environment_id,
    sourceId: listener.id,
    eventType: type,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    query: '',
    sourceIp: null,
    body: Buffer.from(JSON.stringify({ type, timestamp: createdAt.toISOString(), data }), 'utf8'),
    verificationStatus: 'skipped',
  };
}

const TAKE = `
delete from operational_events
where id = any(array(select id from operational_events order by id limit $1 for update skip locked))
returning id, environment_id, type, data, created_at`;

const LISTENERS = `
select id, organization_id, environment_id from applications
where environment_id = any($1::uuid[]) and operational and status = 'active'
order by id`;
