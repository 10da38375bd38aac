import { Body, Delete, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { type Source, SourcesService } from '#libs/sources';
import { type Principal } from '#libs/tenancy';
import { BaseUrl } from '../http/base-url.js';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toChanges, toInput } from '../http/input.js';
import { DeletedView } from '../http/list.dto.js';
import { Resource } from '../http/resource.decorator.js';
import { CreateSourceDto, ListSourcesQuery, UpdateSourceDto } from './source.dto.js';
import { SourceTemplatesResponse } from './source-template.view.js';
import { SourceResponse, SourcesResponse, SourceView } from './source.view.js';

const SourceId = () => Param('id', new IdPipe('source_not_found'));

@Resource('Sources', 'sources')
export class SourcesController {
  constructor(@Inject(SourcesService) private readonly sources: SourcesService) {}

  @Get()
  @ApiOperation({ summary: 'List sources' })
  @ApiOkResponse({ type: SourcesResponse })
  @ApiErrors(400)
  async list(
    @Caller() caller: Principal,
    @Query() query: ListSourcesQuery,
    @BaseUrl() baseUrl: string,
  ): Promise<SourcesResponse> {
    const { items, cursor } = await this.sources.list(caller, toInput(query));
    return { sources: items.map((source) => this.view(source, baseUrl)), cursor, has_more: cursor !== null };
  }

  @Post()
  @ApiOperation({ summary: 'Create a source' })
  @ApiCreatedResponse({ type: SourceResponse })
  @ApiErrors(400, 409)
  async create(
    @Caller() caller: Principal,
    @Body() body: CreateSourceDto,
    @BaseUrl() baseUrl: string,
  ): Promise<SourceResponse> {
    return { source: this.view(await this.sources.create(caller, toInput(body)), baseUrl) };
  }

  @Get('templates')
  @ApiOperation({ summary: 'List source templates' })
  @ApiOkResponse({ type: SourceTemplatesResponse })
  templates(): SourceTemplatesResponse {
    return new SourceTemplatesResponse();
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get a source' })
  @ApiId()
  @ApiOkResponse({ type: SourceResponse })
  @ApiErrors(404)
  async get(@Caller() caller: Principal, @SourceId() id: string, @BaseUrl() baseUrl: string): Promise<SourceResponse> {
    return { source: this.view(await this.sources.get(caller, id), baseUrl) };
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Update a source' })
  @ApiId()
  @ApiOkResponse({ type: SourceResponse })
  @ApiErrors(400, 404)
  async update(
    @Caller() caller: Principal,
    @SourceId() id: string,
    @Body() body: UpdateSourceDto,
    @BaseUrl() baseUrl: string,
  ): Promise<SourceResponse> {
    return { source: this.view(await this.sources.update(caller, id, toChanges(body)), baseUrl) };
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a source', description: 'Its connections go with it; its events stay.' })
  @ApiId()
  @ApiOkResponse({ type: DeletedView })
  @ApiErrors(404)
  async delete(@Caller() caller: Principal, @SourceId() id: string): Promise<DeletedView> {
    await this.sources.delete(caller, id);
    return new DeletedView();
  }

  private view(source: Source, baseUrl: string): SourceView {
    return SourceView.of(source, this.sources.maskedSecret(source), baseUrl);
  }
}
