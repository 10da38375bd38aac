import { Body, Delete, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ConnectionsService } from '#libs/routing';
import { type Principal } from '#libs/tenancy';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toChanges, toInput } from '../http/input.js';
import { DeletedView } from '../http/list.dto.js';
import { Resource } from '../http/resource.decorator.js';
import { CreateConnectionDto, ListConnectionsQuery, UpdateConnectionDto } from './connection.dto.js';
import { ConnectionResponse, ConnectionsResponse, ConnectionView } from './connection.view.js';

const ConnectionId = () => Param('id', new IdPipe('connection_not_found'));

@Resource('Connections', 'connections')
export class ConnectionsController {
  constructor(@Inject(ConnectionsService) private readonly connections: ConnectionsService) {}

  @Get()
  @ApiOperation({ summary: 'List connections' })
  @ApiOkResponse({ type: ConnectionsResponse })
  @ApiErrors(400)
  async list(@Caller() caller: Principal, @Query() query: ListConnectionsQuery): Promise<ConnectionsResponse> {
    const { items, cursor } = await this.connections.list(caller, toInput(query));
    return { connections: items.map((item) => ConnectionView.of(item)), cursor, has_more: cursor !== null };
  }

  @Post()
  @ApiOperation({ summary: 'Create a connection', description: 'Between a source and a destination.' })
  @ApiCreatedResponse({ type: ConnectionResponse })
  @ApiErrors(400, 404)
  async create(@Caller() caller: Principal, @Body() body: CreateConnectionDto): Promise<ConnectionResponse> {
    return { connection: ConnectionView.of(await this.connections.create(caller, toInput(body))) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get a connection' })
  @ApiId()
  @ApiOkResponse({ type: ConnectionResponse })
  @ApiErrors(404)
  async get(@Caller() caller: Principal, @ConnectionId() id: string): Promise<ConnectionResponse> {
    return { connection: ConnectionView.of(await this.connections.get(caller, id)) };
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Update a connection' })
  @ApiId()
  @ApiOkResponse({ type: ConnectionResponse })
  @ApiErrors(400, 404)
  async update(
    @Caller() caller: Principal,
    @ConnectionId() id: string,
    @Body() body: UpdateConnectionDto,
  ): Promise<ConnectionResponse> {
    return { connection: ConnectionView.of(await this.connections.update(caller, id, toChanges(body))) };
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'Delete a connection',
    description: 'What waits to be delivered over it is cancelled when its turn comes.',
  })
  @ApiId()
  @ApiOkResponse({ type: DeletedView })
  @ApiErrors(404)
  async delete(@Caller() caller: Principal, @ConnectionId() id: string): Promise<DeletedView> {
    await this.connections.delete(caller, id);
    return new DeletedView();
  }
}
