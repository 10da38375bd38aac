import { Body, Delete, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { EventTypesService } from '#libs/outbound';
import { type Principal } from '#libs/tenancy';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toChanges, toInput } from '../http/input.js';
import { DeletedView } from '../http/list.dto.js';
import { OpenToPortal } from '../http/portal.js';
import { Resource } from '../http/resource.decorator.js';
import { CreateEventTypeDto, ListEventTypesQuery, UpdateEventTypeDto } from './event-type.dto.js';
import { EventTypeResponse, EventTypesResponse, EventTypeView } from './event-type.view.js';

const EventTypeId = () => Param('id', new IdPipe('event_type_not_found'));

@Resource('Event types', 'event-types')
export class EventTypesController {
  constructor(@Inject(EventTypesService) private readonly eventTypes: EventTypesService) {}

  @Get()
  @OpenToPortal(null)
  @ApiOperation({ summary: 'List event types' })
  @ApiOkResponse({ type: EventTypesResponse })
  @ApiErrors(400)
  async list(@Caller() caller: Principal, @Query() query: ListEventTypesQuery): Promise<EventTypesResponse> {
    const { items, cursor } = await this.eventTypes.list(caller, toInput(query));
    return { event_types: items.map((item) => EventTypeView.of(item)), cursor, has_more: cursor !== null };
  }

  @Post()
  @ApiOperation({ summary: 'Create an event type' })
  @ApiCreatedResponse({ type: EventTypeResponse })
  @ApiErrors(400, 409)
  async create(@Caller() caller: Principal, @Body() body: CreateEventTypeDto): Promise<EventTypeResponse> {
    return { event_type: EventTypeView.of(await this.eventTypes.create(caller, toInput(body))) };
  }

  @Get(':id')
  @OpenToPortal(null)
  @ApiOperation({ summary: 'Get an event type' })
  @ApiId()
  @ApiOkResponse({ type: EventTypeResponse })
  @ApiErrors(404)
  async get(@Caller() caller: Principal, @EventTypeId() id: string): Promise<EventTypeResponse> {
    return { event_type: EventTypeView.of(await this.eventTypes.get(caller, id)) };
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Update an event type' })
  @ApiId()
  @ApiOkResponse({ type: EventTypeResponse })
  @ApiErrors(400, 404)
  async update(
    @Caller() caller: Principal,
    @EventTypeId() id: string,
    @Body() body: UpdateEventTypeDto,
  ): Promise<EventTypeResponse> {
    return { event_type: EventTypeView.of(await this.eventTypes.update(caller, id, toChanges(body))) };
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete an event type' })
  @ApiId()
  @ApiOkResponse({ type: DeletedView })
  @ApiErrors(404)
  async delete(@Caller() caller: Principal, @EventTypeId() id: string): Promise<DeletedView> {
    await this.eventTypes.delete(caller, id);
    return new DeletedView();
  }
}
