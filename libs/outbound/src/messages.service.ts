import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { decodeCursor, type Page, type PageRequest, toPage } from '#libs/database';
import { type AttemptRow, AttemptsService, RetriesService } from '#libs/deliveries';
import { ApiError } from '#libs/errors';
import { EVENT_STATUS, type EventStatus } from '#libs/events';
import { type Principal } from '#libs/tenancy';
import { assertActive } from './active-endpoint.js';
import { EndpointsService } from './endpoints.service.js';
import { findApplication } from './find-application.js';

export interface MessageFilter extends PageRequest {
  /** Name of an event type. */
  eventType?: string;
}

/** An event whose source is an application. */
export interface Message {
  id: string;
  organization_id: string;
  environment_id: string;
  application_id: string;
  event_type: string;
  /** The sender's name for it. */
  event_id: string | null;
  channels: string[] | null;
  /** As it is sent; null once it is past its retention. */
  payload: string | null;
  status: EventStatus;
  created_at: Date;
}

/** Messages of applications; every method takes the application's id or uid. */
@Injectable()
export class MessagesService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(AttemptsService) private readonly attempts: AttemptsService,
    @Inject(RetriesService) private readonly retries: RetriesService,
    @Inject(EndpointsService) private readonly endpoints: EndpointsService,
  ) {}

  /** Newest first. @throws ApiError `application_not_found` */
  async list({ environmentId }: Principal, appId: string, filter: MessageFilter): Promise<Page<Message>> {
    const { cursor, limit, eventType } = filter;
    const em = this.em.fork();
    const application = await findApplication(em, environmentId, appId);
    const rows = await em.execute<Message[]>(
      `${SELECT}${eventType ? ' and e.event_type = ?' : ''}${cursor ? ' and e.id < ?' : ''} order by e.id desc limit ?`,
      [application.id, ...(eventType ? [eventType] : []), ...(cursor ? [decodeCursor(cursor)] : []), limit + 1],
    );
    return toPage(rows, limit);
  }

  /** @throws ApiError `application_not_found`, `message_not_found` */
  async get({ environmentId }: Principal, appId: string, id: string): Promise<Message> {
    const em = this.em.fork();
    const application = await findApplication(em, environmentId, appId);
    const [message] = await em.execute<Message[]>(`${SELECT} and e.id = ?`, [application.id, id]);
    if (!message) throw new ApiError('message_not_found');
    return message;
  }

  /** A message with the newest attempts to deliver it. @throws ApiError `application_not_found`, `message_not_found` */
  async details(
    principal: Principal,
    appId: string,
    id: string,
  ): Promise<{ message: Message; attempts: AttemptRow[] }> {
    const message = await this.get(principal, appId, id);
    return { message, attempts: await this.attempts.ofMessage(principal, id) };
  }

  /**
   * Sends a message again to every active endpoint that it was sent to, or to one, also when it was never sent there. Each
   * starts its retry policy afresh.
   *
   * @param endpointId only there
   * @throws ApiError `application_not_found`, `message_not_found`, `endpoint_not_found`; `invalid_body` when the endpoint
   *   is disabled
   */
  async retry(principal: Principal, appId: string, id: string, endpointId?: string): Promise<void> {
    await this.get(principal, appId, id);
    if (endpointId === undefined) return this.retries.retryMessage(principal, id);
    await this.endpoints.get(principal, appId, endpointId);
    await assertActive(this.em.fork(), endpointId, 'endpoint_id');
    await this.retries.retryMessageAt(principal, id, endpointId);
  }
}

const SELECT = `
select e.id, e.organization_id, e.environment_id, e.source_id as application_id, e.event_type, e.channels, e.dedup_hash as event_id,
  p.body_text as payload, e.received_at as created_at, ${EVENT_STATUS} as status
from events e left join event_payloads p on p.event_id = e.id
where e.source_id = ? and e.event_type is not null`;
