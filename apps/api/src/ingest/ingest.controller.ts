import { All, Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { Config } from '#libs/config';
import { IngestService } from '#libs/sources';
import { Public } from '../http/auth.guard.js';
import { ApiErrors } from '../http/error.view.js';
import { IdPipe } from '../http/id.pipe.js';
import { headersOf } from './headers-of.js';
import { EXAMPLE_ID, WireId } from '../http/output.js';
import { readBody } from './read-body.js';

export class IngestView {
  @WireId('The event that was stored')
  event_id: string;

  @WireId('The source that took it')
  source_id: string;
}

const EXAMPLE_BODY = { type: 'order.paid', order: { id: 'ord_1', total: 42.5 } };

/** Takes webhooks. The busiest route: no DTO, no serializer, the answer is written as it is. */
@ApiTags('Ingest')
@Controller('v1/ingest')
export class IngestController {
  private readonly maxBytes: number;

  constructor(
    @Inject(IngestService) private readonly ingest: IngestService,
    @Inject(Config) config: Config,
  ) {
    this.maxBytes = config.HOOKSTREAM_MAX_BODY_BYTES;
  }

  @Public({ limited: false })
  @All(':source_id')
  @ApiOperation({
    summary: 'Send a webhook to a source',
    description: 'Needs no key. Any method, any body. Answered once the event is durable; delivered afterwards.',
  })
  @ApiParam({ name: 'source_id', description: 'Id of the source, with or without its prefix', example: EXAMPLE_ID })
  @ApiBody({ description: 'Anything', schema: { type: 'object', additionalProperties: true, example: EXAMPLE_BODY } })
  @ApiOkResponse({ type: IngestView, description: 'The event is stored' })
  @ApiErrors(413, 422, {
    401: 'The signature could not be verified',
    403: 'The IP rules of the source do not let the sender in',
    404: 'The source does not exist or is disabled',
    429: 'The events of the month are used up',
    503: 'The event could not be stored; send it again',
  })
  async receive(
    @Param('source_id', new IdPipe('source_not_found')) sourceId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const sourceIp = request.ip ?? null;
    const source = await this.ingest.admit(sourceId, sourceIp);
    const eventId = await this.ingest.ingest(source, {
      method: request.method,
      headers: headersOf(request),
      query: queryOf(request.originalUrl),
      sourceIp,
      body: await readBody(request, this.maxBytes),
    });
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.end(`{"event_id":"${eventId}","source_id":"${sourceId}"}`);
  }
}

function queryOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}
