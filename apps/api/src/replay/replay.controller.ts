import { Body, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { type Response } from 'express';
import { NewReplaysService, ReplaysService } from '#libs/deliveries';
import { type Principal } from '#libs/tenancy';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toInput } from '../http/input.js';
import { Resource } from '../http/resource.decorator.js';
import { CreateReplayDto, ListReplaysQuery } from './replay.dto.js';
import { ReplayResponse, ReplaySizeResponse, ReplaysResponse, ReplayView } from './replay.view.js';

const ReplayId = () => Param('id', new IdPipe('replay_not_found'));

@Resource('Replay', 'replay')
export class ReplayController {
  constructor(
    @Inject(ReplaysService) private readonly replays: ReplaysService,
    @Inject(NewReplaysService) private readonly newReplays: NewReplaysService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List replays and bulk retries' })
  @ApiOkResponse({ type: ReplaysResponse })
  @ApiErrors(400, 401)
  async list(@Caller() caller: Principal, @Query() query: ListReplaysQuery): Promise<ReplaysResponse> {
    const { items, cursor } = await this.replays.list(caller, toInput(query));
    return { jobs: items.map((item) => ReplayView.of(item)), cursor, has_more: cursor !== null };
  }

  @Post()
  @ApiOperation({
    summary: 'Replay events',
    description:
      'Sends past events to a destination again, earliest first, over its connections as they are now: their filters ' +
      'and transforms, retries and dead letters count as for a new event. Runs in the background.',
  })
  @ApiCreatedResponse({ type: ReplayResponse })
  @ApiOkResponse({ type: ReplaySizeResponse, description: 'With `dry_run`' })
  @ApiErrors(400, 401, 404)
  async create(
    @Caller() caller: Principal,
    @Body() body: CreateReplayDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReplayResponse | ReplaySizeResponse> {
    const { dryRun, ...wanted } = toInput(body);
    if (dryRun) {
      response.status(200);
      return ReplaySizeResponse.of(await this.newReplays.sizeOfReplay(caller, wanted));
    }
    return { job: ReplayView.of(await this.newReplays.replay(caller, wanted)) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get a replay or bulk retry', description: 'With what has come of it so far.' })
  @ApiId()
  @ApiOkResponse({ type: ReplayResponse })
  @ApiErrors(401, 404)
  async get(@Caller() caller: Principal, @ReplayId() id: string): Promise<ReplayResponse> {
    return { job: ReplayView.of(await this.replays.get(caller, id)) };
  }

  @Post(':id/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Pause a job', description: 'No further deliveries are made; those made go on.' })
  @ApiId()
  @ApiOkResponse({ type: ReplayResponse })
  @ApiErrors(401, 404, 409)
  async pause(@Caller() caller: Principal, @ReplayId() id: string): Promise<ReplayResponse> {
    return { job: ReplayView.of(await this.replays.pause(caller, id)) };
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Resume a job', description: 'It goes on where it was paused.' })
  @ApiId()
  @ApiOkResponse({ type: ReplayResponse })
  @ApiErrors(401, 404, 409)
  async resume(@Caller() caller: Principal, @ReplayId() id: string): Promise<ReplayResponse> {
    return { job: ReplayView.of(await this.replays.resume(caller, id)) };
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Cancel a job',
    description:
      'No further deliveries are made. Of those made, what waits for its turn or its next try is taken back within ' +
      'seconds: it ends with the cause `replay_cancelled`, or becomes the dead letter that it was.',
  })
  @ApiId()
  @ApiOkResponse({ type: ReplayResponse })
  @ApiErrors(401, 404, 409)
  async cancel(@Caller() caller: Principal, @ReplayId() id: string): Promise<ReplayResponse> {
    return { job: ReplayView.of(await this.replays.cancel(caller, id)) };
  }
}
