import { Inject, Injectable } from '@nestjs/common';
import { type Page } from '#libs/database';
import {
  type MessageAttempt,
  type MessageAttemptFilter,
  MessageDeliveriesService,
  type MessageDelivery,
} from '#libs/deliveries';
import { type Principal } from '#libs/tenancy';
import { EndpointsService } from './endpoints.service.js';
import { MessagesService } from './messages.service.js';

/** What became of messages; every method takes the application's id or uid. */
@Injectable()
export class MessageAttemptsService {
  constructor(
    @Inject(MessagesService) private readonly messages: MessagesService,
    @Inject(EndpointsService) private readonly endpoints: EndpointsService,
    @Inject(MessageDeliveriesService) private readonly deliveries: MessageDeliveriesService,
  ) {}

  /** The tries to deliver a message, newest first. @throws ApiError `application_not_found`, `message_not_found` */
  async ofMessage(
    principal: Principal,
    appId: string,
    messageId: string,
    filter: MessageAttemptFilter,
  ): Promise<Page<MessageAttempt>> {
    const { id } = await this.messages.get(principal, appId, messageId);
    return this.deliveries.attemptsOfMessage(principal, id, filter);
  }

  /** The tries at an endpoint, newest first. @throws ApiError `application_not_found`, `endpoint_not_found` */
  async atEndpoint(
    principal: Principal,
    appId: string,
    endpointId: string,
    filter: MessageAttemptFilter,
  ): Promise<Page<MessageAttempt>> {
    const { id } = await this.endpoints.get(principal, appId, endpointId);
    return this.deliveries.attemptsAtEndpoint(principal, id, filter);
  }

  /** A message at every endpoint it goes to. @throws ApiError `application_not_found`, `message_not_found` */
  async deliveriesOf(principal: Principal, appId: string, messageId: string): Promise<MessageDelivery[]> {
    const { id } = await this.messages.get(principal, appId, messageId);
    return this.deliveries.ofMessage(principal, id);
  }
}
