import { Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AttemptsService, ExplanationsService, RetriesService } from '#libs/deliveries';
import { EventsService } from '#libs/events';
import { type Principal } from '#libs/tenancy';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toInput } from '../http/input.js';
import { Resource } from '../http/resource.decorator.js';
import { PaginationView } from '../http/search.dto.js';
import { EventDetailsView, EventResponse } from './event-details.view.js';
import { EventRetryResponse } from './event-retry.view.js';
import { ListEventsQuery } from './event.dto.js';
import { EventsResponse, EventView } from './event.view.js';

const EventId = () => Param('id', new IdPipe('event_not_found'));

@Resource('Events', 'events')
export class EventsController {
  constructor(
    @Inject(EventsService) private readonly events: EventsService,
    @Inject(AttemptsService) private readonly attempts: AttemptsService,
    @Inject(ExplanationsService) private readonly explanations: ExplanationsService,
    @Inject(RetriesService) private readonly retries: RetriesService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'List events',
    description: 'All filters must match. An id that does not exist finds nothing.',
  })
  @ApiOkResponse({ type: EventsResponse })
  @ApiErrors(400)
  async list(@Caller() caller: Principal, @Query() query: ListEventsQuery): Promise<EventsResponse> {
    const wanted = toInput(query);
    const found = await this.events.list(caller, wanted, wanted);
    return { events: found.rows.map((event) => EventView.of(event)), pagination: PaginationView.of(found, query) };
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Get an event',
    description: 'With its payload, and what happened over every connection, and why.',
  })
  @ApiId()
  @ApiOkResponse({ type: EventResponse })
  @ApiErrors(404)
  async get(@Caller() caller: Principal, @EventId() id: string): Promise<EventResponse> {
    const { event, payload } = await this.events.get(caller, id);
    const [deliveries, explanations] = await Promise.all([
      this.attempts.ofEvent(caller, id),
      this.explanations.of(event),
    ]);
    return { event: EventDetailsView.of(event, payload, deliveries, explanations) };
  }

  @Post(':id/retry')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Retry an event',
    description: 'Sends again what failed: its dead letters, and now what waits for its next try.',
  })
  @ApiId()
  @ApiOkResponse({ type: EventRetryResponse, description: 'What is on its way again' })
  @ApiErrors(404)
  async retry(@Caller() caller: Principal, @EventId() id: string): Promise<EventRetryResponse> {
    return EventRetryResponse.of(await this.retries.retryEvent(caller, id));
  }
}
