import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { DestinationsService } from '#libs/destinations';
import { ApiError } from '#libs/errors';
import { ConnectionsService, type FilterRule, parseFilterRules } from '#libs/routing';
import { SourcesService } from '#libs/sources';
import { type Principal } from '#libs/tenancy';
import { createReplay, type ReplaySize } from './create-replay.js';
import { DeadLetters } from './dead-letters.js';
import { idRange } from './id-range.js';
import { ReplayEvents, type ReplayScope } from './replay-events.js';
import { type ReplayProgress } from './replays.service.js';

/** Between an event's id and its time of reception lie a statement and the difference of two clocks. */
const CLOCK_MARGIN_MS = 60_000;

export interface NewReplay {
  destinationId: string;
  from: Date;
  to: Date;
  sourceId?: string;
  connectionId?: string;
  /** Rules, or a single one, as sent; parsed here. */
  filter?: unknown;
  /** Events in a second. */
  rateLimit: number;
  maxEvents: number;
}

export interface NewBulkRetry {
  destinationId?: string;
  connectionId?: string;
  sourceId?: string;
  cause?: string;
  /** Events received at or after. */
  from?: Date;
  /** Events received before. */
  to?: Date;
  /** Deliveries in a second. */
  rateLimit: number;
}

/** Makes replays and bulk retries, or says how much they would do. */
@Injectable()
export class NewReplaysService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(DestinationsService) private readonly destinations: DestinationsService,
    @Inject(SourcesService) private readonly sources: SourcesService,
    @Inject(ConnectionsService) private readonly connections: ConnectionsService,
    @Inject(ReplayEvents) private readonly events: ReplayEvents,
    @Inject(DeadLetters) private readonly deadLetters: DeadLetters,
  ) {}

  /**
   * How many events a replay would send.
   *
   * @throws ApiError `destination_not_found`, `source_not_found`, `connection_not_found`, `invalid_body`
   */
  async sizeOfReplay(principal: Principal, input: NewReplay): Promise<ReplaySize> {
    return this.sizeOf(await this.replayScope(principal, input), input.maxEvents);
  }

  /** Sends past events again. @throws ApiError those of {@link sizeOfReplay}; `events_not_found` */
  async replay(principal: Principal, input: NewReplay): Promise<ReplayProgress> {
    const scope = await this.replayScope(principal, input);
    const size = await this.sizeOf(scope, input.maxEvents);
    if (size.total === 0) throw new ApiError('events_not_found');
    return createReplay(this.em, principal, size, {
      kind: 'replay',
      destinationId: scope.destinationId,
      sourceId: scope.sourceId,
      connectionId: scope.connectionId,
      fromTime: scope.from,
      toTime: scope.to,
      filterRules: scope.filterRules,
      rateLimit: input.rateLimit,
      maxEvents: input.maxEvents,
      firstId: scope.firstId,
      lastId: scope.lastId,
    });
  }

  /**
   * How many dead letters a bulk retry would send.
   *
   * @throws ApiError `destination_not_found`, `source_not_found`, `connection_not_found`, `invalid_body`
   */
  async sizeOfRetry(principal: Principal, input: NewBulkRetry): Promise<ReplaySize> {
    return this.deadLetters.count(await this.retryScope(principal, input));
  }

  /** Sends dead letters again. @throws ApiError those of {@link sizeOfRetry}; `dead_letters_not_found` */
  async retry(principal: Principal, input: NewBulkRetry): Promise<ReplayProgress> {
    const scope = await this.retryScope(principal, input);
    const size = await this.deadLetters.count(scope);
    if (size.total === 0) throw new ApiError('dead_letters_not_found');
    const { rateLimit, from: fromTime, to: toTime } = input;
    return createReplay(this.em, principal, size, { ...scope, fromTime, toTime, rateLimit });
  }

  private async sizeOf(scope: ReplayScope, maxEvents: number): Promise<ReplaySize> {
    const lines = await this.events.lines(scope);
    if (lines.target?.status === 'disabled') throw ApiError.invalidField('destination_id', 'is disabled');
    return this.events.count(scope, lines, maxEvents);
  }

  private async replayScope(principal: Principal, input: NewReplay): Promise<ReplayScope> {
    const { destinationId, from, to, filter } = input;
    checkTimes(from, to);
    const filterRules = filter === undefined || filter === null ? null : parseFilter(filter);
    await this.checkIds(principal, input);
    return {
      environmentId: principal.environmentId,
      destinationId,
      sourceId: input.sourceId ?? null,
      connectionId: input.connectionId ?? null,
      filterRules,
      from,
      to,
      ...idRange(from.getTime() - CLOCK_MARGIN_MS, to.getTime() + CLOCK_MARGIN_MS),
    };
  }

  private async retryScope(principal: Principal, input: NewBulkRetry) {
    checkTimes(input.from, input.to);
    await this.checkIds(principal, input);
    // What dies from now on is not the past that was meant, and would make the job endless.
    const until = Math.min(input.to ? input.to.getTime() - 1 : Infinity, Date.now());
    return {
      kind: 'retry' as const,
      environmentId: principal.environmentId,
      destinationId: input.destinationId ?? null,
      connectionId: input.connectionId ?? null,
      sourceId: input.sourceId ?? null,
      cause: input.cause ?? null,
      ...idRange(input.from?.getTime() ?? 0, until),
    };
  }

  private async checkIds(
    principal: Principal,
    { destinationId, sourceId, connectionId }: Pick<NewBulkRetry, 'destinationId' | 'sourceId' | 'connectionId'>,
  ): Promise<void> {
    if (destinationId) await this.destinations.get(principal, destinationId);
    if (sourceId) await this.sources.get(principal, sourceId);
    if (!connectionId) return;
    const { source, destination } = await this.connections.get(principal, connectionId);
    if (destinationId && destination.id !== destinationId) {
      throw ApiError.invalidField('connection_id', 'does not lead to destination_id');
    }
    if (sourceId && source.id !== sourceId) throw ApiError.invalidField('connection_id', 'does not start at source_id');
  }
}

function checkTimes(from: Date | undefined, to: Date | undefined): void {
  for (const [field, time] of Object.entries({ from, to })) {
    if (time && time.getTime() < 0) throw ApiError.invalidField(field, 'must not be before 1970');
  }
  if (from && to && from >= to) throw ApiError.invalidField('to', 'must be after from');
}

function parseFilter(filter: unknown): FilterRule[] {
  const parsed = parseFilterRules(Array.isArray(filter) ? filter : [filter], 'filter');
  if ('errors' in parsed) throw ApiError.invalidBody(parsed.errors);
  return parsed.rules;
}
