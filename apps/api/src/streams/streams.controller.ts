import { Controller, Get, Inject, Req, Res, SetMetadata } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type Response } from 'express';
import { ApiError } from '#libs/errors';
import { type AuthenticatedRequest, Stream } from '../http/auth.guard.js';
import { RESOURCE } from '../http/resource.decorator.js';
import { StreamAccess } from './stream-access.js';
import { StreamsService } from './streams.service.js';
import { upgradeOf } from './upgrades.js';

/** `/v1/ws`, for WebSocket clients, which OpenAPI does not describe (docs/api.md does). What they get are events. */
@ApiExcludeController()
@Controller('v1/ws')
@SetMetadata(RESOURCE, 'events')
export class StreamsController {
  constructor(
    @Inject(StreamsService) private readonly streams: StreamsService,
    @Inject(StreamAccess) private readonly access: StreamAccess,
  ) {}

  @Get()
  @Stream()
  open(@Req() request: AuthenticatedRequest, @Res() response: Response): void {
    this.streams.assertRoom(request.principal);
    const upgrade = upgradeOf(request, response);
    if (!upgrade) throw new ApiError('upgrade_required');
    this.streams.open(request, upgrade, request.principal, this.access.of(request));
  }
}
