import { HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { PortalTokensService } from '#libs/outbound';
import { type Principal } from '#libs/tenancy';
import { ApiApplicationId, ApplicationId } from '../applications/application-id.js';
import { BaseUrl } from '../http/base-url.js';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { toInput } from '../http/input.js';
import { OptionalBody } from '../http/optional-body.js';
import { Resource } from '../http/resource.decorator.js';
import { CreatePortalAccessDto } from './portal-access.dto.js';
import { PortalAccessResponse } from './portal-access.view.js';

const DEFAULT_SECONDS = 3600;

@Resource('Applications', 'applications/:id/portal-access')
export class PortalAccessController {
  constructor(@Inject(PortalTokensService) private readonly tokens: PortalTokensService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Give a customer access',
    description:
      'Makes a token that opens the endpoints and messages of this application, and nothing else. It ends with its time, or ' +
      'when the application is disabled or deleted.',
  })
  @ApiApplicationId()
  @ApiBody({ type: CreatePortalAccessDto, required: false })
  @ApiOkResponse({ type: PortalAccessResponse, description: 'The token, which is not shown again' })
  @ApiErrors({ 400: 'A field is unknown or wrong (`details` names it), or the application is not active' }, 404)
  async create(
    @Caller() caller: Principal,
    @ApplicationId() appId: string,
    @OptionalBody() body: CreatePortalAccessDto,
    @BaseUrl() baseUrl: string,
  ): Promise<PortalAccessResponse> {
    const { scopes: access = 'write', expiresIn = DEFAULT_SECONDS } = toInput(body);
    const { token, application } = await this.tokens.issue(caller, appId, { access, expiresIn });
    return {
      token,
      url: `${baseUrl}/portal#token=${token}`,
      expires_in: expiresIn,
      application: { id: application.id, name: application.name },
    };
  }
}
