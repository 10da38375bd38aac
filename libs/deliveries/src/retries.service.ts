import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { derivedId } from '#libs/crypto';
import { Wakeups } from '#libs/destinations';
import { ApiError } from '#libs/errors';
import { deliveriesOf, EventsService } from '#libs/events';
import { type Principal } from '#libs/tenancy';
import { type AttemptRow, AttemptsService } from './attempts.service.js';

/** A delivery that is on its way again. */
export interface RetriedDelivery {
  id: string;
  connection_id: string;
  destination_id: string;
}

/** Retries that a person asks for. Each starts the destination's retry policy afresh. */
@Injectable()
export class RetriesService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(AttemptsService) private readonly attempts: AttemptsService,
    @Inject(EventsService) private readonly events: EventsService,
    @Inject(Wakeups) private readonly wakeups: Wakeups,
  ) {}

  /**
   * Sends again what failed of an event: its dead letters, and what waits for its next try.
   *
   * @throws ApiError `event_not_found`
   */
  async retryEvent(principal: Principal, eventId: string): Promise<RetriedDelivery[]> {
    await this.events.get(principal, eventId);
    return this.requeue(RETRY_EVENT, [eventId, principal.environmentId]);
  }

  /** Sends a message again to every active endpoint it was sent to, unless it is on its way there. @param messageId the caller's */
  async retryMessage({ environmentId }: Principal, messageId: string): Promise<void> {
    await this.requeue(RETRY_MESSAGE, [messageId, environmentId]);
  }

  /** The same for one active endpoint of its application, also when the message was never sent there. */
  async retryMessageAt({ environmentId }: Principal, messageId: string, endpointId: string): Promise<void> {
    const deliveryId = derivedId(messageId, endpointId);
    await this.requeue(RETRY_MESSAGE_AT, [deliveryId, messageId, environmentId, endpointId]);
  }

  /**
   * Sends the delivery of an attempt again, also one that succeeded.
   *
   * @throws ApiError `attempt_not_found`; `retry_refused` when the delivery is on its way, or it was a test
   */
  async retryAttempt(principal: Principal, attemptId: string): Promise<AttemptRow> {
    const attempt = await this.attempts.get(principal, attemptId);
    if (attempt.trigger_type === 'test') throw new ApiError('retry_refused', { sentence: TEST_NOT_RETRIED });
    const retried = await this.requeue(RETRY_DELIVERY, [attempt.delivery_id, principal.environmentId]);
    if (retried.length === 0) throw new ApiError('retry_refused');
    return attempt;
  }

  /** Commits, then wakes the worker. */
  private async requeue(statement: string, params: string[]): Promise<RetriedDelivery[]> {
    const retried = await this.em.fork().execute<RetriedDelivery[]>(statement, params);
    await this.wakeups.wake(retried.map((delivery) => delivery.destination_id));
    return retried;
  }
}

const TEST_NOT_RETRIED = 'Retry failed: this was a test of the destination; make another one';

const AFRESH = `state = 'waiting', cause = null, next_retry_at = null, recoveries = 0, attempts_before = d.attempts,
  trigger_type = 'manual'`;
const REQUEUE = `update deliveries d set ${AFRESH}`;
const RETURNING = 'returning d.id, d.connection_id, d.destination_id';

const RETRY_EVENT = `${REQUEUE} from (select ?::uuid as id) e
where ${deliveriesOf('e.id')} and d.environment_id = ? and d.state in ('dead', 'retrying') ${RETURNING}`;

const RETRY_MESSAGE = `${REQUEUE} from (select ?::uuid as id) e
where ${deliveriesOf('e.id')} and d.environment_id = ? and d.state in ('dead', 'retrying', 'delivered', 'cancelled')
  and exists (select from targets t where t.id = d.destination_id and t.status = 'active') ${RETURNING}`;

/** The delivery has the id that routing gives it, so there is one only, also when both make it at once. */
const RETRY_MESSAGE_AT = `
insert into deliveries as d (id, event_id, environment_id, connection_id, destination_id, source_id, seq, payload_bytes,
  state, trigger_type)
select ?::uuid, e.id, e.environment_id, t.id, t.id, e.source_id, e.seq, e.payload_bytes, 'waiting', 'manual'
from events e, targets t
where e.id = ? and e.environment_id = ? and t.id = ? and t.status = 'active'
on conflict (id) do update set ${AFRESH} where d.state in ('dead', 'retrying', 'delivered', 'cancelled') ${RETURNING}`;

const RETRY_DELIVERY = `${REQUEUE}
where d.id = ? and d.environment_id = ? and d.state in ('dead', 'retrying', 'delivered', 'cancelled') ${RETURNING}`;
