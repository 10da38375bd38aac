import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../http/auth.guard.js';

/** For clients; probes of a deployment use `/healthz` and `/readyz`. */
@ApiTags('Health')
@Controller('v1/health')
export class ServiceHealthController {
  @Public({ limited: false })
  @Get()
  @ApiOperation({ summary: 'Whether the API answers', description: 'Needs no key.' })
  @ApiOkResponse({ schema: { example: { status: 'ok' } } })
  get(): { status: 'ok' } {
    return { status: 'ok' };
  }
}
