import { Body, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DestinationTestsService } from '#libs/deliveries';
import { CircuitsService, type Destination, DestinationsService } from '#libs/destinations';
import { type Principal } from '#libs/tenancy';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toChanges, toInput } from '../http/input.js';
import { DeletedView } from '../http/list.dto.js';
import { Resource } from '../http/resource.decorator.js';
import { CircuitView } from './circuit.view.js';
import { withoutAliases } from './destination-settings.dto.js';
import { DestinationTemplatesResponse } from './destination-template.view.js';
import { CreateDestinationDto, ListDestinationsQuery, UpdateDestinationDto } from './destination.dto.js';
import { DestinationTestResponse } from './destination-test.view.js';
import { DestinationResponse, DestinationsResponse, DestinationView } from './destination.view.js';

const DestinationId = () => Param('id', new IdPipe('destination_not_found'));

@Resource('Destinations', 'destinations')
export class DestinationsController {
  constructor(
    @Inject(DestinationsService) private readonly destinations: DestinationsService,
    @Inject(CircuitsService) private readonly circuits: CircuitsService,
    @Inject(DestinationTestsService) private readonly tests: DestinationTestsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List destinations' })
  @ApiOkResponse({ type: DestinationsResponse })
  @ApiErrors(400)
  async list(@Caller() caller: Principal, @Query() query: ListDestinationsQuery): Promise<DestinationsResponse> {
    const { items, cursor } = await this.destinations.list(caller, toInput(query));
    return { destinations: items.map((destination) => this.view(destination)), cursor, has_more: cursor !== null };
  }

  @Post()
  @ApiOperation({ summary: 'Create a destination' })
  @ApiCreatedResponse({ type: DestinationResponse })
  @ApiErrors(400, 409)
  async create(@Caller() caller: Principal, @Body() body: CreateDestinationDto): Promise<DestinationResponse> {
    return { destination: this.view(await this.destinations.create(caller, toInput(withoutAliases(body)))) };
  }

  @Get('templates')
  @ApiOperation({ summary: 'List destination templates' })
  @ApiOkResponse({ type: DestinationTemplatesResponse })
  templates(): DestinationTemplatesResponse {
    return new DestinationTemplatesResponse();
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get a destination' })
  @ApiId()
  @ApiOkResponse({ type: DestinationResponse })
  @ApiErrors(404)
  async get(@Caller() caller: Principal, @DestinationId() id: string): Promise<DestinationResponse> {
    const view = this.view(await this.destinations.get(caller, id));
    view.delivery_count = view.event_count;
    return { destination: view };
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Update a destination' })
  @ApiId()
  @ApiOkResponse({ type: DestinationResponse })
  @ApiErrors(400, 404)
  async update(
    @Caller() caller: Principal,
    @DestinationId() id: string,
    @Body() body: UpdateDestinationDto,
  ): Promise<DestinationResponse> {
    return { destination: this.view(await this.destinations.update(caller, id, toChanges(withoutAliases(body)))) };
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'Delete a destination',
    description: 'Its connections go with it, and what waits to be delivered to it is cancelled.',
  })
  @ApiId()
  @ApiOkResponse({ type: DeletedView })
  @ApiErrors(404)
  async delete(@Caller() caller: Principal, @DestinationId() id: string): Promise<DeletedView> {
    await this.destinations.delete(caller, id);
    return new DeletedView();
  }

  @Get(':id/circuit')
  @ApiOperation({ summary: "Get the state of a destination's circuit breaker" })
  @ApiId()
  @ApiOkResponse({ type: CircuitView })
  @ApiErrors(404, 503)
  async circuit(@Caller() caller: Principal, @DestinationId() id: string): Promise<CircuitView> {
    return CircuitView.of(id, await this.circuits.get(caller, id));
  }

  @Post(':id/circuit/reset')
  @HttpCode(200)
  @ApiOperation({ summary: "Close a destination's circuit, so that deliveries resume" })
  @ApiId()
  @ApiOkResponse({ type: CircuitView, description: 'The circuit, closed' })
  @ApiErrors(404, 503)
  async resetCircuit(@Caller() caller: Principal, @DestinationId() id: string): Promise<CircuitView> {
    return CircuitView.of(id, await this.circuits.reset(caller, id));
  }

  @Post(':id/test')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Try a destination out',
    description:
      'Sends one sample event as a delivery would be sent, also to a destination that is paused, disabled or has an open circuit, ' +
      'and answers when it has ended. It is not retried, and nothing counts it. The answer is 200 whether it got there or not.',
  })
  @ApiId()
  @ApiOkResponse({ type: DestinationTestResponse })
  @ApiErrors(401, 404, 503)
  async test(@Caller() caller: Principal, @DestinationId() id: string): Promise<DestinationTestResponse> {
    return DestinationTestResponse.of(await this.tests.run(caller, id), caller);
  }

  private view(destination: Destination): DestinationView {
    return DestinationView.of(destination, this.destinations.masked(destination));
  }
}
