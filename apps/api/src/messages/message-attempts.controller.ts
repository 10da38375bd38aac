import { Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { MessageAttemptsService } from '#libs/outbound';
import { type Principal } from '#libs/tenancy';
import { ApiApplicationId, ApplicationId } from '../applications/application-id.js';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toInput } from '../http/input.js';
import { OpenToPortal } from '../http/portal.js';
import { Resource } from '../http/resource.decorator.js';
import { ListMessageAttemptsQuery } from './message.dto.js';
import { MessageAttemptsResponse } from './message.view.js';
import { MessageDeliveriesResponse, MessageDeliveryView } from './message-delivery.view.js';

const AppId = () => ApplicationId('appId');
const MessageId = () => Param('id', new IdPipe('message_not_found'));

@Resource('Messages', 'applications/:appId')
@ApiApplicationId('appId')
@OpenToPortal()
export class MessageAttemptsController {
  constructor(@Inject(MessageAttemptsService) private readonly attempts: MessageAttemptsService) {}

  @Get('messages/:id/attempts')
  @ApiOperation({ summary: 'List attempts to deliver a message' })
  @ApiId()
  @ApiOkResponse({ type: MessageAttemptsResponse })
  @ApiErrors(400, 404)
  async ofMessage(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @MessageId() id: string,
    @Query() query: ListMessageAttemptsQuery,
  ): Promise<MessageAttemptsResponse> {
    return MessageAttemptsResponse.of(await this.attempts.ofMessage(caller, appId, id, toInput(query)), caller);
  }

  @Get('messages/:id/deliveries')
  @ApiOperation({
    summary: 'List deliveries of a message',
    description: 'What has become of it at every endpoint that it goes to.',
  })
  @ApiId()
  @ApiOkResponse({ type: MessageDeliveriesResponse })
  @ApiErrors(404)
  async deliveries(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @MessageId() id: string,
  ): Promise<MessageDeliveriesResponse> {
    const deliveries = await this.attempts.deliveriesOf(caller, appId, id);
    return { deliveries: deliveries.map((delivery) => MessageDeliveryView.of(delivery)) };
  }

  @Get('endpoints/:id/attempts')
  @ApiOperation({ summary: 'List attempts at an endpoint' })
  @ApiId()
  @ApiOkResponse({ type: MessageAttemptsResponse })
  @ApiErrors(400, 404)
  async atEndpoint(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @Param('id', new IdPipe('endpoint_not_found')) id: string,
    @Query() query: ListMessageAttemptsQuery,
  ): Promise<MessageAttemptsResponse> {
    return MessageAttemptsResponse.of(await this.attempts.atEndpoint(caller, appId, id, toInput(query)), caller);
  }
}
