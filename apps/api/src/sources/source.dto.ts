import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import { type VerificationScheme } from '#libs/crypto';
import { SOURCE_STATUSES, SOURCE_TEMPLATES, SOURCE_TYPES, type SourceStatus, type SourceType } from '#libs/sources';
import { AliasInput, BooleanInput, IsObjectInput, Nullable, Optional } from '../http/input.js';
import { ListQuery } from '../http/list.dto.js';
import { IsName, IsSlug, SLUG } from '../http/name.js';
import { ShownAs } from '../http/read-only-fields.js';
import { SampleFields } from '../openapi/sample-fields.js';
import { SourceChecks } from './source-checks.dto.js';
import { SourceView } from './source.view.js';

const VERIFICATION_TYPES: VerificationScheme[] = ['hmac_sha256', 'hmac_sha1', 'standard_webhooks'];
const VERIFICATION_ALIASES = {
  'hmac-sha256': 'hmac_sha256',
  'hmac-sha1': 'hmac_sha1',
  'standard-webhooks': 'standard_webhooks',
};

const TEMPLATE_IDS = SOURCE_TEMPLATES.map(({ id }) => id);

/** What can be set of a source at any time. */
abstract class SourceSettings extends SourceChecks {
  @ApiPropertyOptional({
    enum: SOURCE_STATUSES,
    description: 'A paused source stores webhooks and routes them once it is active again; a disabled one answers 404',
    default: 'active',
    example: 'active',
  })
  @Optional()
  @IsIn(SOURCE_STATUSES)
  status?: SourceStatus;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    description: 'Your own words about it; nothing here reads them',
    example: 'Orders of the shop',
  })
  @Nullable()
  @IsString()
  @MaxLength(1000)
  description?: string | null;

  @ApiPropertyOptional({ description: 'Whether webhooks must be signed', default: false, example: true })
  @Optional()
  @BooleanInput()
  verification_enabled?: boolean;

  @ApiPropertyOptional({
    enum: VERIFICATION_TYPES,
    nullable: true,
    description: 'How webhooks are signed; a template presets it',
    example: 'hmac_sha256',
  })
  @Nullable()
  @AliasInput(VERIFICATION_ALIASES)
  @IsIn(VERIFICATION_TYPES)
  verification_type?: VerificationScheme | null;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    description: 'Secret shared with the sender; stored encrypted, shown masked',
    example: 'a-long-random-secret',
  })
  @Nullable()
  @IsString()
  @IsNotEmpty()
  @MaxLength(1000)
  verification_secret?: string | null;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    description: 'Header that carries the signature; a template presets it',
    example: 'X-Hub-Signature-256',
  })
  @Nullable()
  @Matches(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/, { message: 'must be a header name' })
  verification_header?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description:
      'How an HMAC is made where it is more than a digest of the body; a template presets it. `signed_payload` is text with ' +
      '`{body}` and `{timestamp}`; `timestamp_header`, or `timestamp_key` and `signature_key` within a list (`t=…,v1=…`) split at ' +
      '`separator`, say where its parts are; `encoding` is `hex` or `base64`; `tolerance_seconds` is 300 when left out',
    example: { signed_payload: '{timestamp}.{body}', timestamp_key: 't', signature_key: 'v1' },
  })
  @Nullable()
  @IsObjectInput()
  verification_config?: Record<string, unknown> | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Kept for the client; nothing here reads it',
    example: { team: 'payments' },
  })
  @Nullable()
  @IsObjectInput()
  source_config?: Record<string, unknown> | null;
}

@ShownAs(SourceView)
@SampleFields('template', 'verification_enabled', 'verification_secret')
export class CreateSourceDto extends SourceSettings {
  @ApiProperty({ description: 'Display name', example: 'GitHub' })
  @IsName()
  name: string;

  @ApiProperty({ description: 'Unique within the environment', pattern: SLUG.source, example: 'github' })
  @IsSlug()
  slug: string;

  @ApiPropertyOptional({
    enum: SOURCE_TYPES,
    description: 'Says what the sender uses; webhooks are taken over HTTP in any case. Cannot be changed',
    default: 'http',
    example: 'http',
  })
  @Optional()
  @IsIn(SOURCE_TYPES)
  type?: SourceType;

  @ApiPropertyOptional({
    enum: TEMPLATE_IDS,
    nullable: true,
    description: 'Presets verification for a well-known sender. Cannot be changed',
    example: 'github',
  })
  @Nullable()
  @IsIn(TEMPLATE_IDS)
  template?: string | null;
}

@ShownAs(SourceView)
@SampleFields('name', 'status')
export class UpdateSourceDto extends SourceSettings {
  @ApiPropertyOptional({ description: 'Display name', example: 'GitHub' })
  @Optional()
  @IsName()
  name?: string;

  @ApiPropertyOptional({ description: 'Cannot be changed', pattern: SLUG.source, example: 'github' })
  @Optional()
  @IsSlug()
  slug?: string;

  @ApiPropertyOptional({ enum: SOURCE_TYPES, description: 'Cannot be changed', example: 'http' })
  @Optional()
  @IsIn(SOURCE_TYPES)
  type?: SourceType;

  @ApiPropertyOptional({ enum: TEMPLATE_IDS, nullable: true, description: 'Cannot be changed', example: 'github' })
  @Nullable()
  @IsIn(TEMPLATE_IDS)
  template?: string | null;
}

export class ListSourcesQuery extends ListQuery {
  @ApiPropertyOptional({ enum: SOURCE_STATUSES, description: 'Only sources with this status', example: 'active' })
  @Optional()
  @IsIn(SOURCE_STATUSES)
  status?: SourceStatus;
}
