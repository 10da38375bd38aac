import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Public } from '../http/auth.guard.js';

class ServiceHealthView {
  @ApiProperty({ enum: ['ok'], description: 'Always `ok`', example: 'ok' })
  status: 'ok';
}

/** For clients; probes of a deployment use `/healthz` and `/readyz`. */
@ApiTags('Health')
@Controller('v1/health')
export class ServiceHealthController {
  @Public({ limited: false })
  @Get()
  @ApiOperation({ summary: 'Whether the API answers', description: 'Needs no key.' })
  @ApiOkResponse({ type: ServiceHealthView, description: 'It does' })
  get(): ServiceHealthView {
    return { status: 'ok' };
  }
}
