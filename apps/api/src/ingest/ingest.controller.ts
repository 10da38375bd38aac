import { All, Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { Config } from '#libs/config';
import { IngestService } from '#libs/sources';
import { Public } from '../http/auth.guard.js';
import { ApiErrors } from '../http/error.view.js';
import { IdPipe } from '../http/id.pipe.js';
import { headersOf } from './headers-of.js';
import { readBody } from './read-body.js';

export class IngestView {
  @ApiProperty({ example: '0190a1b2c3d47e5f8a9b0c1d2e3f4a5b' })
  event_id: string;

  @ApiProperty({ example: '0190a1b2c3d47e5f8a9b0c1d2e3f4a5b' })
  source_id: string;
}

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
    description: 'Any method, any body. Answered once the event is durable; delivered afterwards.',
  })
  @ApiOkResponse({ type: IngestView })
  @ApiErrors(401, 403, 404, 413, 422, 429, 503)
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
