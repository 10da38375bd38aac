import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { Database, decodeCursor, type Page, type PageRequest, toPage } from '#libs/database';
import { type AttemptRow, AttemptsService, PayloadRemovalsService, RetriesService } from '#libs/deliveries';
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
  /** As it is sent; null once it is removed. */
  payload: string | null;
  /** When the payload will be removed; null when no time is set, or it is. */
  payload_expires_at: Date | null;
  status: EventStatus;
  created_at: Date;
}

/** Messages of applications; every method takes the application's id or uid. */
@Injectable()
export class MessagesService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(Database) private readonly database: Database,
    @Inject(AttemptsService) private readonly attempts: AttemptsService,
    @Inject(RetriesService) private readonly retries: RetriesService,
    @Inject(EndpointsService) private readonly endpoints: EndpointsService,
    @Inject(PayloadRemovalsService) private readonly removals: PayloadRemovalsService,
  ) {}

  /** Newest first. @throws ApiError `application_not_found` */
  async list({ environmentId }: Principal, appId: string, filter: MessageFilter): Promise<Page<Message>> {
    const { cursor, limit, eventType } = filter;
    const em = this.em.fork();
    const application = await findApplication(em, environmentId, appId);
    const rows = await em.execute<Message[]>(
      `${SELECT} e.source_id = ?${eventType ? ' and e.event_type = ?' : ''}${cursor ? ' and e.id < ?' : ''} order by e.id desc limit ?`,
      [application.id, ...(eventType ? [eventType] : []), ...(cursor ? [decodeCursor(cursor)] : []), limit + 1],
    );
    return toPage(rows, limit);
  }

  /** @throws ApiError `application_not_found`, `message_not_found` */
  async get({ environmentId }: Principal, appId: string, id: string): Promise<Message> {
    const em = this.em.fork();
    const application = await findApplication(em, environmentId, appId);
    const message = await this.find(application.id, id);
    if (!message) throw new ApiError('message_not_found');
    return message;
  }

  /** A message that can be sent again. @throws ApiError `application_not_found`, `message_not_found`, `payload_removed` */
  async getSendable(principal: Principal, appId: string, id: string): Promise<Message> {
    const message = await this.get(principal, appId, id);
    if (message.payload === null) throw new ApiError('payload_removed');
    return message;
  }

  /** A message of an application, if it is stored. */
  async find(applicationId: string, id: string): Promise<Message | undefined> {
    const [message] = await this.database.query<Message>('find_message', FIND, [applicationId, id]);
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
   * @throws ApiError `application_not_found`, `message_not_found`, `endpoint_not_found`; `payload_removed`;
   *   `invalid_body` when the endpoint is disabled
   */
  async retry(principal: Principal, appId: string, id: string, endpointId?: string): Promise<void> {
    await this.getSendable(principal, appId, id);
    if (endpointId === undefined) return this.retries.retryMessage(principal, id);
    await this.endpoints.get(principal, appId, endpointId);
    await assertActive(this.em.fork(), endpointId, 'endpoint_id');
    await this.retries.retryMessageAt(principal, id, endpointId);
  }

  /**
   * Removes the payload of a message for good, and cancels what was still to be sent of it. Harmless to repeat.
   *
   * @throws ApiError `application_not_found`, `message_not_found`
   */
  async expunge(principal: Principal, appId: string, id: string): Promise<void> {
    await this.get(principal, appId, id);
    await this.removals.expunge(id);
  }
}

const SELECT = `
select e.id, e.organization_id, e.environment_id, e.source_id as application_id, e.event_type, e.channels, e.dedup_hash as event_id,
  p.body_text as payload, x.expires_at as payload_expires_at, e.received_at as created_at, ${EVENT_STATUS} as status
from events e left join event_payloads p on p.event_id = e.id left join payload_expiries x on x.event_id = e.id
where e.event_type is not null and`;

const FIND = `${SELECT} e.id = $2 and e.source_id = $1`;
