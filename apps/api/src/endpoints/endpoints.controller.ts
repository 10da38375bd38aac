import { Body, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { EndpointsService } from '#libs/outbound';
import { type Principal } from '#libs/tenancy';
import { ApiApplicationId, ApplicationId } from '../applications/application-id.js';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toChanges, toInput } from '../http/input.js';
import { DeletedView } from '../http/list.dto.js';
import { OptionalBody } from '../http/optional-body.js';
import { OpenToPortal } from '../http/portal.js';
import { Resource } from '../http/resource.decorator.js';
import { CreateEndpointDto, ListEndpointsQuery, RotateSecretDto, UpdateEndpointDto } from './endpoint.dto.js';
import {
  CreatedEndpointResponse,
  CreatedEndpointView,
  EndpointResponse,
  EndpointsResponse,
  EndpointView,
  SigningSecretResponse,
} from './endpoint.view.js';

const AppId = () => ApplicationId('appId');
const EndpointId = () => Param('id', new IdPipe('endpoint_not_found'));

@Resource('Endpoints', 'applications/:appId/endpoints')
@ApiApplicationId('appId')
@OpenToPortal()
export class EndpointsController {
  constructor(@Inject(EndpointsService) private readonly endpoints: EndpointsService) {}

  @Get()
  @ApiOperation({ summary: 'List endpoints' })
  @ApiOkResponse({ type: EndpointsResponse })
  @ApiErrors(400, 404)
  async list(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @Query() query: ListEndpointsQuery,
  ): Promise<EndpointsResponse> {
    const { items, cursor } = await this.endpoints.list(caller, appId, toInput(query));
    return { endpoints: items.map((endpoint) => EndpointView.of(endpoint)), cursor, has_more: cursor !== null };
  }

  @Post()
  @ApiOperation({
    summary: 'Create an endpoint',
    description: 'The signing secret is returned only once.',
  })
  @ApiCreatedResponse({ type: CreatedEndpointResponse })
  @ApiErrors(400, 404)
  async create(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @Body() body: CreateEndpointDto,
  ): Promise<CreatedEndpointResponse> {
    const { endpoint, signingSecret } = await this.endpoints.create(caller, appId, toInput(body));
    const view = Object.assign(new CreatedEndpointView(), EndpointView.of(endpoint), { signing_secret: signingSecret });
    return { endpoint: view };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get an endpoint' })
  @ApiId()
  @ApiOkResponse({ type: EndpointResponse })
  @ApiErrors(404)
  async get(@Caller() caller: Principal, @AppId() appId: string, @EndpointId() id: string): Promise<EndpointResponse> {
    return { endpoint: EndpointView.of(await this.endpoints.get(caller, appId, id)) };
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Update an endpoint' })
  @ApiId()
  @ApiOkResponse({ type: EndpointResponse })
  @ApiErrors(400, 404)
  async update(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @EndpointId() id: string,
    @Body() body: UpdateEndpointDto,
  ): Promise<EndpointResponse> {
    return { endpoint: EndpointView.of(await this.endpoints.update(caller, appId, id, toChanges(body))) };
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete an endpoint' })
  @ApiId()
  @ApiOkResponse({ type: DeletedView })
  @ApiErrors(404)
  async delete(@Caller() caller: Principal, @AppId() appId: string, @EndpointId() id: string): Promise<DeletedView> {
    await this.endpoints.delete(caller, appId, id);
    return new DeletedView();
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Rotate the signing secret of an endpoint',
    description:
      'The new secret is returned only once. From the next try on it signs; beside it the old one does, for 24 hours unless ' +
      '`grace_seconds` says something else.',
  })
  @ApiId()
  @ApiBody({ type: RotateSecretDto, required: false })
  @ApiOkResponse({ type: SigningSecretResponse, description: 'The new secret' })
  @ApiErrors(400, 404)
  async rotateSecret(
    @Caller() caller: Principal,
    @AppId() appId: string,
    @EndpointId() id: string,
    @OptionalBody() body: RotateSecretDto,
  ): Promise<SigningSecretResponse> {
    return { signing_secret: await this.endpoints.rotateSecret(caller, appId, id, toInput(body)) };
  }
}
