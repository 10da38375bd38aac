import { ApiProperty } from '@nestjs/swagger';
import { type ApiKey } from '#libs/tenancy';
import { ListView } from '../http/list.dto.js';
import { WireBoolean, WireDate, WireNullableDate } from '../http/output.js';
import { OwnedView } from '../http/resource.view.js';

/** An API key as answers show it. */
export class ApiKeyView extends OwnedView {
  @ApiProperty({ description: 'Display name', example: 'CI' })
  name: string;

  @ApiProperty({ description: 'The first 12 characters of the key', example: 'hs_live_1a2b' })
  key_prefix: string;

  @ApiProperty({ description: 'The same as `key_prefix`', example: 'hs_live_1a2b' })
  prefix: string;

  @ApiProperty({ description: 'What it may do, separated by spaces', example: '*' })
  scopes: string;

  @ApiProperty({ type: 'integer', description: 'Requests made with it; a few seconds behind', example: 42 })
  request_count: number;

  @WireNullableDate('When it was last used; a few seconds behind')
  last_used_at: Date | null;

  @WireNullableDate('When it ends by itself')
  expires_at: Date | null;

  @WireBoolean({ description: 'Whether it has been revoked', example: 0 })
  revoked: boolean;

  @WireNullableDate('When it was revoked')
  revoked_at: Date | null;

  @WireDate('When it was made')
  created_at: Date;

  static of(apiKey: ApiKey): ApiKeyView {
    return Object.assign(new ApiKeyView(), fieldsOf(apiKey));
  }
}

/** The only answer with the key itself. */
export class CreatedApiKeyView extends ApiKeyView {
  @ApiProperty({ description: 'The key; it cannot be shown again', example: `hs_live_${'1a2b'.repeat(16)}` })
  key: string;

  static withKey(apiKey: ApiKey, key: string): CreatedApiKeyView {
    return Object.assign(new CreatedApiKeyView(), fieldsOf(apiKey), { key });
  }
}

function fieldsOf(apiKey: ApiKey): ApiKeyView {
  return {
    id: apiKey.id,
    org_id: apiKey.organizationId,
    env_id: apiKey.environmentId,
    name: apiKey.name,
    key_prefix: apiKey.keyPrefix,
    prefix: apiKey.keyPrefix,
    scopes: apiKey.scopes,
    request_count: apiKey.requestCount,
    last_used_at: apiKey.lastUsedAt ?? null,
    expires_at: apiKey.expiresAt ?? null,
    revoked: apiKey.revokedAt != null,
    revoked_at: apiKey.revokedAt ?? null,
    created_at: apiKey.createdAt,
  };
}

export class ApiKeysResponse extends ListView {
  @ApiProperty({ type: [ApiKeyView], description: 'Newest first, revoked ones too' })
  api_keys: ApiKeyView[];
}
