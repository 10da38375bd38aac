import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '#libs/errors';
import { type Principal } from '#libs/tenancy';
import { createReplay } from './create-replay.js';
import { DeadLetters } from './dead-letters.js';
import { idRange } from './id-range.js';
import { MissingMessages } from './missing-messages.js';
import { LIVE_STATUSES, Replay } from './replay.entity.js';
import { type ReplayProgress } from './replays.service.js';

/** Messages in a second: what an endpoint did not get comes before what is new, and must not keep that for long. */
const RATE_LIMIT = 100;
/** Between a message's id and the time it was posted lie a statement and the difference of two clocks. */
const CLOCK_MARGIN_MS = 60_000;
/** Jobs of one endpoint that have not ended: customers may start them, and each looks through its messages. */
const MAX_LIVE = 10;

/** What an endpoint is sent that it did not get. */
export interface NewRecovery {
  applicationId: string;
  endpointId: string;
  /** Messages posted at or after. */
  since: Date;
  /** Messages posted before; now when left out. */
  until?: Date;
}

/** Makes jobs that send one endpoint of an application what it did not get. */
@Injectable()
export class NewRecoveriesService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(DeadLetters) private readonly deadLetters: DeadLetters,
    @Inject(MissingMessages) private readonly missing: MissingMessages,
  ) {}

  /**
   * Sends its dead letters again.
   *
   * @param recovery of an active endpoint of the caller
   * @throws ApiError `invalid_body`, `recoveries_limit`
   */
  async recover(principal: Principal, recovery: NewRecovery): Promise<ReplayProgress> {
    const { endpointId: destinationId, applicationId: sourceId, since, until } = checked(recovery);
    await this.assertRoom(destinationId);
    // What dies from now on is not the past that was meant, and would make the job endless.
    const range = idRange(since.getTime(), Math.min(until.getTime() - 1, Date.now()));
    const size = await this.deadLetters.count({
      kind: 'recover',
      environmentId: principal.environmentId,
      destinationId,
      connectionId: null,
      sourceId,
      cause: null,
      ...range,
    });
    const job = { destinationId, sourceId, fromTime: since, toTime: until, rateLimit: RATE_LIMIT, ...range };
    return createReplay(this.em, principal, size, { kind: 'recover', ...job });
  }

  /**
   * Sends what never arrived and is no dead letter, as far as the endpoint takes it now.
   *
   * @param recovery of an active endpoint of the caller
   * @throws ApiError `invalid_body`, `recoveries_limit`
   */
  async replayMissing(principal: Principal, recovery: NewRecovery): Promise<ReplayProgress> {
    const { endpointId, applicationId, since: from, until: to } = checked(recovery);
    await this.assertRoom(endpointId);
    const range = idRange(from.getTime() - CLOCK_MARGIN_MS, to.getTime() + CLOCK_MARGIN_MS);
    const scope = { environmentId: principal.environmentId, applicationId, endpointId, from, to, ...range };
    const line = await this.missing.line(scope);
    const size = 'route' in line ? await this.missing.count(scope, line.route) : { total: 0, isEstimate: false };
    return createReplay(this.em, principal, size, {
      kind: 'replay_missing',
      destinationId: endpointId,
      sourceId: applicationId,
      fromTime: from,
      toTime: to,
      rateLimit: RATE_LIMIT,
      ...range,
    });
  }

  private async assertRoom(destinationId: string): Promise<void> {
    const live = await this.em.fork().count(Replay, { destinationId, status: { $in: LIVE_STATUSES } });
    if (live >= MAX_LIVE) throw new ApiError('recoveries_limit');
  }
}

function checked({ since, until, ...rest }: NewRecovery): Required<NewRecovery> {
  for (const [field, time] of Object.entries({ since, until })) {
    if (time && time.getTime() < 0) throw ApiError.invalidField(field, 'must not be before 1970');
  }
  if (until && since >= until) throw ApiError.invalidField('until', 'must be after since');
  return { ...rest, since, until: until ?? new Date() };
}
