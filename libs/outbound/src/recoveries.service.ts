import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { type Page, type PageRequest } from '#libs/database';
import { NewRecoveriesService, type NewRecovery, type ReplayProgress, ReplaysService } from '#libs/deliveries';
import { ApiError } from '#libs/errors';
import { type Principal } from '#libs/tenancy';
import { assertActive } from './active-endpoint.js';
import { type Endpoint } from './endpoint.entity.js';
import { EndpointsService } from './endpoints.service.js';

/** Of which messages; `since` is the endpoint's creation when left out. */
export type RecoverySpan = Partial<Pick<NewRecovery, 'since' | 'until'>>;

/** Which recovery of which endpoint. */
export interface RecoveryPath {
  /** Id or uid. */
  appId: string;
  endpointId: string;
  recoveryId: string;
}

/** Jobs that send an endpoint what it did not get. Each is a replay whose destination is the endpoint. */
@Injectable()
export class RecoveriesService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(EndpointsService) private readonly endpoints: EndpointsService,
    @Inject(NewRecoveriesService) private readonly newRecoveries: NewRecoveriesService,
    @Inject(ReplaysService) private readonly replays: ReplaysService,
  ) {}

  /** Sends its dead letters again. @throws ApiError `application_not_found`, `endpoint_not_found`, `invalid_body` */
  async recover(principal: Principal, appId: string, id: string, span: RecoverySpan): Promise<ReplayProgress> {
    const endpoint = await this.active(principal, appId, id);
    return this.newRecoveries.recover(principal, recoveryOf(endpoint, span));
  }

  /**
   * Sends what never arrived there, as far as it takes it now.
   *
   * @throws ApiError `application_not_found`, `endpoint_not_found`, `invalid_body`
   */
  async replayMissing(principal: Principal, appId: string, id: string, span: RecoverySpan): Promise<ReplayProgress> {
    const endpoint = await this.active(principal, appId, id);
    return this.newRecoveries.replayMissing(principal, recoveryOf(endpoint, span));
  }

  /** Newest first. @throws ApiError `application_not_found`, `endpoint_not_found` */
  async list(
    principal: Principal,
    appId: string,
    endpointId: string,
    page: PageRequest,
  ): Promise<Page<ReplayProgress & { id: string }>> {
    const { id: destinationId } = await this.endpoints.get(principal, appId, endpointId);
    return this.replays.list(principal, { ...page, destinationId });
  }

  /** @throws ApiError `application_not_found`, `endpoint_not_found`, `recovery_not_found` */
  async get(principal: Principal, { appId, endpointId, recoveryId }: RecoveryPath): Promise<ReplayProgress> {
    const { id } = await this.endpoints.get(principal, appId, endpointId);
    const progress = await this.replays.find(principal, recoveryId);
    if (progress?.replay.destinationId !== id) throw new ApiError('recovery_not_found');
    return progress;
  }

  /**
   * Ends it; the worker takes back what still waits.
   *
   * @throws ApiError `application_not_found`, `endpoint_not_found`, `recovery_not_found`, `replay_ended`
   */
  async cancel(principal: Principal, path: RecoveryPath): Promise<ReplayProgress> {
    const { replay } = await this.get(principal, path);
    return this.replays.cancel(principal, replay.id);
  }

  private async active(principal: Principal, appId: string, id: string): Promise<Endpoint> {
    const endpoint = await this.endpoints.get(principal, appId, id);
    await assertActive(this.em.fork(), endpoint.id, 'id');
    return endpoint;
  }
}

function recoveryOf({ id, application, createdAt }: Endpoint, { since = createdAt, until }: RecoverySpan): NewRecovery {
  return { applicationId: application.id, endpointId: id, since, until };
}
