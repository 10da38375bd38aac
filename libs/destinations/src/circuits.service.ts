import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { ApiError } from '#libs/errors';
import { Log } from '#libs/observability';
import { OperationalEventsService } from '#libs/operational';
import { type Principal } from '#libs/tenancy';
import { admissionKeys } from './admission/admission-keys.js';
import { Wakeups } from './admission/wakeups.js';
import { DestinationsService } from './destinations.service.js';

/** `half_open`: the next delivery is the test whether the destination works again. */
export type CircuitState = 'closed' | 'open' | 'half_open';

/** The circuit breaker of a destination. */
export interface Circuit {
  state: CircuitState;
  /** Failures in a row. */
  failureCount: number;
  lastFailureAt: Date | null;
  openedAt: Date | null;
  /** Deliveries that failed and wait for their next try. */
  pendingRetries: number;
}

/** Shows and resets circuit breakers. */
@Injectable()
export class CircuitsService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(Redis) private readonly redis: Redis,
    @Inject(DestinationsService) private readonly destinations: DestinationsService,
    @Inject(Wakeups) private readonly wakeups: Wakeups,
    @Inject(OperationalEventsService) private readonly operational: OperationalEventsService,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** @throws ApiError `destination_not_found`, `circuit_unavailable` */
  async get(principal: Principal, destinationId: string): Promise<Circuit> {
    await this.destinations.get(principal, destinationId);
    const { circuit, open } = admissionKeys(destinationId);
    const [fields, isOpen, pendingRetries] = await Promise.all([
      this.ask(this.redis.hgetall(circuit)),
      this.ask(this.redis.exists(open)),
      this.pendingRetries(destinationId),
    ]);
    return {
      state: fields.state !== 'open' ? 'closed' : isOpen ? 'open' : 'half_open',
      failureCount: Number(fields.failures ?? 0),
      lastFailureAt: time(fields.last_failure_at),
      openedAt: time(fields.opened_at),
      pendingRetries,
    };
  }

  /** Closes the circuit, so that deliveries resume. @throws ApiError `destination_not_found`, `circuit_unavailable` */
  async reset(principal: Principal, destinationId: string): Promise<Circuit> {
    await this.destinations.get(principal, destinationId);
    const { circuit, open, probe } = admissionKeys(destinationId);
    const state = await this.ask(this.redis.hget(circuit, 'state'));
    await this.ask(this.redis.del(circuit, open, probe));
    if (state === 'open') this.operational.tellOfCircuit(destinationId, 'circuit.closed');
    await this.wakeups.wake([destinationId]);
    return this.get(principal, destinationId);
  }

  private async pendingRetries(destinationId: string): Promise<number> {
    const [row] = await this.em.fork().execute<{ count: number }[]>(PENDING_RETRIES, [destinationId]);
    return row?.count ?? 0;
  }

  private ask<T>(answer: Promise<T>): Promise<T> {
    return answer.catch((err: unknown) => {
      this.log.warn({ err }, 'a circuit could not be read');
      throw new ApiError('circuit_unavailable');
    });
  }
}

const PENDING_RETRIES = `select count(*)::int as count from deliveries where destination_id = ? and state = 'retrying'`;

/** @param milliseconds as Redis has them */
function time(milliseconds: string | undefined): Date | null {
  return milliseconds ? new Date(Number(milliseconds)) : null;
}
