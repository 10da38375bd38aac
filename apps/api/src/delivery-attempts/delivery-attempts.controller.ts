import { Body, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { type Response } from 'express';
import { AttemptsService, NewReplaysService, RetriesService } from '#libs/deliveries';
import { type Principal } from '#libs/tenancy';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toInput } from '../http/input.js';
import { Resource } from '../http/resource.decorator.js';
import { PaginationView } from '../http/search.dto.js';
import { BulkRetryDto } from '../replay/replay.dto.js';
import { ReplayResponse, ReplaySizeResponse, ReplayView } from '../replay/replay.view.js';
import { ListDeliveryAttemptsQuery } from './delivery-attempt.dto.js';
import { DeliveryAttemptResponse, DeliveryAttemptsResponse, DeliveryAttemptView } from './delivery-attempt.view.js';

const AttemptId = () => Param('id', new IdPipe('attempt_not_found'));

@Resource('Delivery attempts', 'delivery-attempts')
export class DeliveryAttemptsController {
  constructor(
    @Inject(AttemptsService) private readonly attempts: AttemptsService,
    @Inject(RetriesService) private readonly retries: RetriesService,
    @Inject(NewReplaysService) private readonly newReplays: NewReplaysService,
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

  @Post('retry')
  @ApiOperation({
    summary: 'Retry dead letters',
    description:
      'Sends all dead letters again that match, in the background. Each starts its retry policy afresh. The job is shown ' +
      'and steered at `/v1/replay`.',
  })
  @ApiCreatedResponse({ type: ReplayResponse })
  @ApiOkResponse({ type: ReplaySizeResponse, description: 'With `dry_run`' })
  @ApiErrors(400, 401, 404)
  async retryDeadLetters(
    @Caller() caller: Principal,
    @Body() body: BulkRetryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReplayResponse | ReplaySizeResponse> {
    const { dryRun, ...wanted } = toInput(body);
    if (dryRun) {
      response.status(200);
      return ReplaySizeResponse.of(await this.newReplays.sizeOfRetry(caller, wanted));
    }
    return { job: ReplayView.of(await this.newReplays.retry(caller, wanted)) };
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
