import { Body, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiQuery } from '@nestjs/swagger';
import { ApiKeysService, type Principal } from '#libs/tenancy';
import { AnyEnvironment } from '../http/auth.guard.js';
import { Caller } from '../http/caller.decorator.js';
import { ApiErrors } from '../http/error.view.js';
import { ApiId, IdPipe } from '../http/id.pipe.js';
import { toInput } from '../http/input.js';
import { DeletedView, ListQuery } from '../http/list.dto.js';
import { Resource } from '../http/resource.decorator.js';
import { CreateApiKeyDto } from './api-key.dto.js';
import { ApiKeysResponse, ApiKeyView, CreatedApiKeyView } from './api-key.view.js';

@AnyEnvironment()
@Resource('API keys', 'auth/api-keys')
export class ApiKeysController {
  constructor(@Inject(ApiKeysService) private readonly apiKeys: ApiKeysService) {}

  @Get()
  @ApiOperation({ summary: 'List API keys' })
  @ApiOkResponse({ type: ApiKeysResponse })
  @ApiErrors(400, 404)
  async list(@Caller() caller: Principal, @Query() query: ListQuery): Promise<ApiKeysResponse> {
    const { items, cursor } = await this.apiKeys.list(caller, toInput(query));
    return { api_keys: items.map((apiKey) => ApiKeyView.of(apiKey)), cursor, has_more: cursor !== null };
  }

  @Post()
  @ApiOperation({
    summary: 'Create an API key',
    description: 'Shows the key this once. With scope `*`, `env_id` may name any environment of the organization.',
  })
  @ApiCreatedResponse({ type: CreatedApiKeyView })
  @ApiErrors(400, 404)
  async create(@Caller() caller: Principal, @Body() body: CreateApiKeyDto): Promise<CreatedApiKeyView> {
    const { apiKey, key } = await this.apiKeys.create(caller, toInput(body));
    return CreatedApiKeyView.withKey(apiKey, key);
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Revoke an API key', description: 'At once, everywhere, for good. The list keeps it.' })
  @ApiId()
  @ApiQuery({
    name: 'env_id',
    required: false,
    description: "Environment of the key; the caller's when left out",
    example: 'default',
  })
  @ApiOkResponse({ type: DeletedView, description: 'The key is revoked' })
  @ApiErrors(404)
  async revoke(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('api_key_not_found')) id: string,
  ): Promise<DeletedView> {
    await this.apiKeys.revoke(caller, id);
    return new DeletedView();
  }
}
