import { Body, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { RecoveriesService } from '#libs/outbound';
import { type Principal } from '#libs/tenancy';
import { ApiApplicationId, ApplicationId } from '../applications/application-id.js';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toInput } from '../http/input.js';
import { LongListQuery } from '../http/list.dto.js';
import { OptionalBody } from '../http/optional-body.js';
import { EXAMPLE_ID } from '../http/output.js';
import { OpenToPortal } from '../http/portal.js';
import { Resource } from '../http/resource.decorator.js';
import { ReplayResponse, ReplaysResponse, ReplayView } from '../replay/replay.view.js';
import { RecoverDto, ReplayMissingDto } from './recovery.dto.js';

const AppId = () => ApplicationId('appId');
const EndpointId = () => Param('id', new IdPipe('endpoint_not_found'));
const RecoveryId = () => Param('recoveryId', new IdPipe('recovery_not_found'));
const ApiRecoveryId = () =>
  ApiParam({ name: 'recoveryId', description: 'Id of the recovery, with or without its prefix', example: EXAMPLE_ID });

const REFUSALS = {
  400: 'A field is missing, unknown or wrong (`details` names it), or the endpoint is disabled',
  404: "Not found, or another tenant's",
  409: 'Ten recoveries of the endpoint have not ended yet',
};

@Resource('Endpoints', 'applications/:appId/endpoints/:id')
@ApiApplicationId('appId')
@OpenToPortal()
@ApiId()
export class RecoveriesController {
  constructor(@Inject(RecoveriesService) private readonly recoveries: RecoveriesService) {}

  @Post('recover')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send the dead letters of an endpoint again',
    description:
      'Sends again what was given up, of messages posted since then. Runs in the background; `GET …/recoveries/{recoveryId}` ' +
      'shows how it goes, as `GET /v1/replay/{id}` does.',
  })
  @ApiAcceptedResponse({ type: ReplayResponse, description: 'The job that sends them' })
  @ApiErrors(REFUSALS)
  async recover(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @EndpointId() id: string,
    @Body() body: RecoverDto,
  ): Promise<ReplayResponse> {
    return { job: ReplayView.of(await this.recoveries.recover(caller, appId, id, toInput(body))) };
  }

  @Post('replay-missing')
  @HttpCode(202)
  @ApiBody({ type: ReplayMissingDto, required: false })
  @ApiOperation({
    summary: 'Send an endpoint the messages it missed',
    description:
      'Sends what the endpoint takes as it is now and never got, because it was disabled, had expired, had another filter or ' +
      'did not exist when the message was posted. Runs in the background, as a recovery of dead letters does.',
  })
  @ApiAcceptedResponse({ type: ReplayResponse, description: 'The job that sends them' })
  @ApiErrors(REFUSALS)
  async replayMissing(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @EndpointId() id: string,
    @OptionalBody() body: ReplayMissingDto,
  ): Promise<ReplayResponse> {
    return { job: ReplayView.of(await this.recoveries.replayMissing(caller, appId, id, toInput(body))) };
  }

  @Get('recoveries')
  @ApiOperation({
    summary: 'List recoveries of an endpoint',
    description: 'Those of dead letters and of what it missed.',
  })
  @ApiOkResponse({ type: ReplaysResponse })
  @ApiErrors(400, 404)
  async list(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @EndpointId() id: string,
    @Query() query: LongListQuery,
  ): Promise<ReplaysResponse> {
    const { items, cursor } = await this.recoveries.list(caller, appId, id, toInput(query));
    return { jobs: items.map((item) => ReplayView.of(item)), cursor, has_more: cursor !== null };
  }

  @Get('recoveries/:recoveryId')
  @ApiOperation({ summary: 'Get a recovery', description: 'With what has come of it so far.' })
  @ApiRecoveryId()
  @ApiOkResponse({ type: ReplayResponse })
  @ApiErrors(404)
  async get(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @EndpointId() endpointId: string,
    @RecoveryId() recoveryId: string,
  ): Promise<ReplayResponse> {
    return { job: ReplayView.of(await this.recoveries.get(caller, { appId, endpointId, recoveryId })) };
  }

  @Post('recoveries/:recoveryId/cancel')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Cancel a recovery',
    description:
      'Nothing further is sent. What waits for its turn or its next try is taken back within seconds: dead letters are dead ' +
      'letters again, what was missing is missing again.',
  })
  @ApiRecoveryId()
  @ApiOkResponse({ type: ReplayResponse })
  @ApiErrors({ 404: REFUSALS[404], 409: 'The job has ended' })
  async cancel(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @EndpointId() endpointId: string,
    @RecoveryId() recoveryId: string,
  ): Promise<ReplayResponse> {
    return { job: ReplayView.of(await this.recoveries.cancel(caller, { appId, endpointId, recoveryId })) };
  }
}
