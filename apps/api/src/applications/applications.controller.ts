import { Body, Delete, Get, Inject, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { type Application, ApplicationsService } from '#libs/outbound';
import { type Principal } from '#libs/tenancy';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { toChanges, toInput } from '../http/input.js';
import { DeletedView } from '../http/list.dto.js';
import { Resource } from '../http/resource.decorator.js';
import { ApiApplicationId, ApplicationId } from './application-id.js';
import { CreateApplicationDto, ListApplicationsQuery, UpdateApplicationDto } from './application.dto.js';
import { ApplicationResponse, ApplicationsResponse, ApplicationView } from './application.view.js';

@Resource('Applications', 'applications')
export class ApplicationsController {
  constructor(@Inject(ApplicationsService) private readonly applications: ApplicationsService) {}

  @Get()
  @ApiOperation({ summary: 'List applications' })
  @ApiOkResponse({ type: ApplicationsResponse })
  @ApiErrors(400)
  async list(@Caller() caller: Principal, @Query() query: ListApplicationsQuery): Promise<ApplicationsResponse> {
    const { items, cursor } = await this.applications.list(caller, toInput(query));
    return { applications: await this.views(items), cursor, has_more: cursor !== null };
  }

  @Post()
  @ApiOperation({ summary: 'Create an application' })
  @ApiCreatedResponse({ type: ApplicationResponse })
  @ApiErrors(400, 409)
  async create(@Caller() caller: Principal, @Body() body: CreateApplicationDto): Promise<ApplicationResponse> {
    return this.response(await this.applications.create(caller, toInput(body)));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get an application' })
  @ApiApplicationId()
  @ApiOkResponse({ type: ApplicationResponse })
  @ApiErrors(404)
  async get(@Caller() caller: Principal, @ApplicationId() id: string): Promise<ApplicationResponse> {
    return this.response(await this.applications.get(caller, id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Update an application' })
  @ApiApplicationId()
  @ApiOkResponse({ type: ApplicationResponse })
  @ApiErrors(400, 404)
  async update(
    @Caller() caller: Principal,
    @ApplicationId() id: string,
    @Body() body: UpdateApplicationDto,
  ): Promise<ApplicationResponse> {
    return this.response(await this.applications.update(caller, id, toChanges(body)));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete an application', description: 'Its endpoints and messages go with it.' })
  @ApiApplicationId()
  @ApiOkResponse({ type: DeletedView })
  @ApiErrors(404)
  async delete(@Caller() caller: Principal, @ApplicationId() id: string): Promise<DeletedView> {
    await this.applications.delete(caller, id);
    return new DeletedView();
  }

  private async response(application: Application): Promise<ApplicationResponse> {
    const [view] = await this.views([application]);
    return { application: view! };
  }

  private async views(applications: Application[]): Promise<ApplicationView[]> {
    const counts = await this.applications.counts(applications);
    return applications.map((application, index) => ApplicationView.of(application, counts[index]!));
  }
}
