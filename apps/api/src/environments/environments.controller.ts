import { Body, Delete, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { EnvironmentsService, type Principal } from '#libs/tenancy';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toChanges, toInput } from '../http/input.js';
import { DeletedView, ListQuery } from '../http/list.dto.js';
import { Resource } from '../http/resource.decorator.js';
import { CreateEnvironmentDto, UpdateEnvironmentDto } from './environment.dto.js';
import { EnvironmentResponse, EnvironmentsResponse, EnvironmentView } from './environment.view.js';

const EnvironmentId = () => Param('id', new IdPipe('environment_not_found'));

@Resource('Environments', 'environments')
export class EnvironmentsController {
  constructor(@Inject(EnvironmentsService) private readonly environments: EnvironmentsService) {}

  @Get()
  @ApiOperation({ summary: "List the organization's environments" })
  @ApiOkResponse({ type: EnvironmentsResponse })
  @ApiErrors(400)
  async list(@Caller() caller: Principal, @Query() query: ListQuery): Promise<EnvironmentsResponse> {
    const { items, cursor } = await this.environments.list(caller, toInput(query));
    return { environments: items.map((item) => EnvironmentView.of(item)), cursor, has_more: cursor !== null };
  }

  @Post()
  @ApiOperation({ summary: 'Create an environment', description: 'It has no key yet: make one with its `env_id`.' })
  @ApiCreatedResponse({ type: EnvironmentResponse })
  @ApiErrors(400, 409)
  async create(@Caller() caller: Principal, @Body() body: CreateEnvironmentDto): Promise<EnvironmentResponse> {
    return { environment: EnvironmentView.of(await this.environments.create(caller, toInput(body))) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get an environment' })
  @ApiId()
  @ApiOkResponse({ type: EnvironmentResponse })
  @ApiErrors(404)
  async get(@Caller() caller: Principal, @EnvironmentId() id: string): Promise<EnvironmentResponse> {
    return { environment: EnvironmentView.of(await this.environments.get(caller, id)) };
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Update an environment' })
  @ApiId()
  @ApiOkResponse({ type: EnvironmentResponse })
  @ApiErrors(400, 404, 409)
  async update(
    @Caller() caller: Principal,
    @EnvironmentId() id: string,
    @Body() body: UpdateEnvironmentDto,
  ): Promise<EnvironmentResponse> {
    return { environment: EnvironmentView.of(await this.environments.update(caller, id, toChanges(body))) };
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'Delete an environment',
    description: 'Its sources, destinations, connections and keys go with it. Not that of the calling key.',
  })
  @ApiId()
  @ApiOkResponse({ type: DeletedView })
  @ApiErrors(404, { 409: 'It is the last one, or that of the calling key' })
  async delete(@Caller() caller: Principal, @EnvironmentId() id: string): Promise<DeletedView> {
    await this.environments.delete(caller, id);
    return new DeletedView();
  }
}
