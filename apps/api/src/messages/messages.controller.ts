import { Body, Delete, Get, Headers, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import { type Request } from 'express';
import { ApiError } from '#libs/errors';
import { MessagesService, NewMessagesService } from '#libs/outbound';
import { type Principal } from '#libs/tenancy';
import { ApiApplicationId, ApplicationId } from '../applications/application-id.js';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toInput } from '../http/input.js';
import { OptionalBody } from '../http/optional-body.js';
import { OpenToPortal } from '../http/portal.js';
import { rawMember } from '../http/raw-json.js';
import { Resource } from '../http/resource.decorator.js';
import { CreateMessageDto, ListMessagesQuery, RetryMessageDto } from './message.dto.js';
import {
  MessageAttemptView,
  MessageDetailsResponse,
  MessageResponse,
  MessageRetryResponse,
  MessagesResponse,
  MessageView,
} from './message.view.js';

const AppId = () => ApplicationId('appId');
const MessageId = () => Param('id', new IdPipe('message_not_found'));

const IDEMPOTENCY_KEY = 'Idempotency-Key';
const MAX_KEY_LENGTH = 255;

@Resource('Messages', 'applications/:appId/messages')
@ApiApplicationId('appId')
export class MessagesController {
  constructor(
    @Inject(MessagesService) private readonly messages: MessagesService,
    @Inject(NewMessagesService) private readonly newMessages: NewMessagesService,
  ) {}

  @Get()
  @OpenToPortal()
  @ApiOperation({ summary: 'List messages' })
  @ApiOkResponse({ type: MessagesResponse })
  @ApiErrors(400, 404)
  async list(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @Query() query: ListMessagesQuery,
  ): Promise<MessagesResponse> {
    const { items, cursor } = await this.messages.list(caller, appId, toInput(query));
    return { messages: items.map((message) => MessageView.of(message)), cursor, has_more: cursor !== null };
  }

  @Post()
  @ApiOperation({
    summary: 'Send a message',
    description:
      'Delivers the payload to every active endpoint of the application that takes its event type, signed as Standard ' +
      'Webhooks describe it. Answered once the message is durable; delivered afterwards.',
  })
  @ApiHeader({
    name: IDEMPOTENCY_KEY,
    required: false,
    description:
      'Names the request, for 24 hours: sent again, it answers the same message and sends nothing. At most 255 characters',
    schema: { type: 'string', maxLength: MAX_KEY_LENGTH, example: 'b7a1c2d4' },
  })
  @ApiCreatedResponse({ type: MessageResponse })
  @ApiErrors({
    400: 'A field is missing, unknown or wrong (`details` names it), or the application is not active',
    404: "Not found, or another tenant's",
    409: 'The Idempotency-Key belongs to another request',
    422: 'The payload does not fit the schema of its event type',
    503: 'The message could not be stored; send it again',
  })
  async create(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @Body() body: CreateMessageDto,
    @Req() request: Request,
    @Headers(IDEMPOTENCY_KEY) idempotencyKey?: string,
  ): Promise<MessageResponse> {
    if (idempotencyKey !== undefined && (idempotencyKey === '' || idempotencyKey.length > MAX_KEY_LENGTH)) {
      throw ApiError.invalidField(IDEMPOTENCY_KEY, `must have 1 to ${MAX_KEY_LENGTH} characters`);
    }
    const { payload = null, ...input } = toInput(body);
    const payloadText =
      typeof payload === 'string' ? payload : (rawMember(request, 'payload') ?? JSON.stringify(payload));
    const message = await this.newMessages.post(caller, appId, { ...input, payloadText, idempotencyKey });
    return { message: MessageView.of(message) };
  }

  @Get(':id')
  @OpenToPortal()
  @ApiOperation({ summary: 'Get a message with its delivery attempts' })
  @ApiId()
  @ApiOkResponse({ type: MessageDetailsResponse })
  @ApiErrors(404)
  async get(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @MessageId() id: string,
  ): Promise<MessageDetailsResponse> {
    const { message, attempts } = await this.messages.details(caller, appId, id);
    return {
      message: MessageView.of(message),
      attempts: attempts.map((attempt) => MessageAttemptView.of(attempt, caller.organizationId)),
    };
  }

  @Post(':id/retry')
  @OpenToPortal()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Retry a message',
    description:
      'Sends the message again to every active endpoint that it was sent to, also where it succeeded; or to one endpoint. ' +
      'The retry policy starts afresh.',
  })
  @ApiId()
  @ApiBody({ type: RetryMessageDto, required: false })
  @ApiOkResponse({ type: MessageRetryResponse })
  @ApiErrors({
    400: 'A field is unknown or wrong, or the endpoint is disabled; `details` names it',
    404: "Not found, another tenant's, or another application's",
    410: 'Its payload has been removed',
  })
  async retry(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @MessageId() id: string,
    @OptionalBody() body: RetryMessageDto,
  ): Promise<MessageRetryResponse> {
    await this.messages.retry(caller, appId, id, body.endpoint_id);
    return new MessageRetryResponse();
  }

  @Delete(':id/payload')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove the payload of a message',
    description:
      'For good. What was still to be sent is cancelled, a try in flight ends; the message and its attempts stay. Harmless ' +
      'to repeat.',
  })
  @ApiId()
  @ApiNoContentResponse({ description: 'The payload is gone' })
  @ApiErrors(404)
  async expunge(@Caller() caller: Principal, @AppId() appId: string, @MessageId() id: string): Promise<void> {
    await this.messages.expunge(caller, appId, id);
  }
}
