import { Get, Inject, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { EndpointStatsService } from '#libs/outbound';
import { type Principal } from '#libs/tenancy';
import { ApiApplicationId, ApplicationId } from '../applications/application-id.js';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { OpenToPortal } from '../http/portal.js';
import { Resource } from '../http/resource.decorator.js';
import { EndpointStatsResponse, EndpointStatsView } from './endpoint-stats.view.js';

@Resource('Endpoints', 'applications/:appId/endpoints/:id/stats')
@ApiApplicationId('appId')
@OpenToPortal()
export class EndpointStatsController {
  constructor(@Inject(EndpointStatsService) private readonly stats: EndpointStatsService) {}

  @Get()
  @ApiOperation({
    summary: 'Get the statistics of an endpoint',
    description: 'Everything since the endpoint was made, a few seconds late; what is pending is counted now.',
  })
  @ApiId()
  @ApiOkResponse({ type: EndpointStatsResponse })
  @ApiErrors(404)
  async get(
    @Caller() caller: Principal,
    @ApplicationId('appId') appId: string,
    @Param('id', new IdPipe('endpoint_not_found')) id: string,
  ): Promise<EndpointStatsResponse> {
    return { stats: EndpointStatsView.of(await this.stats.get(caller, appId, id)) };
  }
}
