import { Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AttemptsService, RetriesService } from '#libs/deliveries';
import { type Principal } from '#libs/tenancy';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { Resource } from '../http/resource.decorator.js';
import { PaginationView } from '../http/search.dto.js';
import { ListDeliveryAttemptsQuery } from './delivery-attempt.dto.js';
import { DeliveryAttemptResponse, DeliveryAttemptsResponse, DeliveryAttemptView } from './delivery-attempt.view.js';

const AttemptId = () => Param('id', new IdPipe('attempt_not_found'));

@Resource('Delivery attempts', 'delivery-attempts')
export class DeliveryAttemptsController {
  constructor(
    @Inject(AttemptsService) private readonly attempts: AttemptsService,
    @Inject(RetriesService) private readonly retries: RetriesService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'List delivery attempts',
    description: 'All filters must match. An id that does not exist finds nothing.',
  })
  @ApiOkResponse({ type: DeliveryAttemptsResponse })
  @ApiErrors(400)
  async list(
    @Caller() caller: Principal,
    @Query() query: ListDeliveryAttemptsQuery,
  ): Promise<DeliveryAttemptsResponse> {
    const found = await this.attempts.list(caller, query.toFilter(), query);
    return {
      delivery_attempts: found.rows.map((attempt) => DeliveryAttemptView.of(attempt, caller.organizationId)),
      pagination: PaginationView.of(found, query),
    };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get a delivery attempt' })
  @ApiId()
  @ApiOkResponse({ type: DeliveryAttemptResponse })
  @ApiErrors(404)
  async get(@Caller() caller: Principal, @AttemptId() id: string): Promise<DeliveryAttemptResponse> {
    const attempt = await this.attempts.get(caller, id);
    return { delivery_attempt: DeliveryAttemptView.of(attempt, caller.organizationId) };
  }

  @Post(':id/retry')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Retry a delivery',
    description: 'Sends the delivery of the attempt again, also one that succeeded. Its retry policy starts afresh.',
  })
  @ApiId()
  @ApiOkResponse({ type: DeliveryAttemptResponse, description: 'The attempt that was named' })
  @ApiErrors(400, 404)
  async retry(@Caller() caller: Principal, @AttemptId() id: string): Promise<DeliveryAttemptResponse> {
    const attempt = await this.retries.retryAttempt(caller, id);
    return { delivery_attempt: DeliveryAttemptView.of(attempt, caller.organizationId) };
  }
}
