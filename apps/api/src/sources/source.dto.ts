import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsNotEmpty, IsString, Matches, MaxLength, ValidateBy } from 'class-validator';
import { type VerificationScheme } from '#libs/crypto';
import { isAddressBlock, SOURCE_STATUSES, SOURCE_TEMPLATES, type SourceStatus } from '#libs/sources';
import { AliasInput, BooleanInput, JsonInput, Nullable, Optional } from '../http/input.js';
import { ListQuery } from '../http/list.dto.js';
import { IsName, IsSlug, SLUG } from '../http/name.js';
import { ShownAs } from '../http/read-only-fields.js';
import { TenantDto } from '../http/tenant.dto.js';
import { SourceView } from './source.view.js';

const VERIFICATION_TYPES: VerificationScheme[] = ['hmac_sha256', 'hmac_sha1', 'standard_webhooks'];
const VERIFICATION_ALIASES = {
  'hmac-sha256': 'hmac_sha256',
  'hmac-sha1': 'hmac_sha1',
  'standard-webhooks': 'standard_webhooks',
};

const TEMPLATE_IDS = SOURCE_TEMPLATES.map(({ id }) => id);

const IsAddressBlock = () =>
  ValidateBy(
    {
      name: 'isAddressBlock',
      validator: {
        validate: (value) => typeof value === 'string' && isAddressBlock(value),
        defaultMessage: () => 'must be IP addresses or CIDR blocks',
      },
    },
    { each: true },
  );

/** What can be set of a source at any time. */
class SourceSettings extends TenantDto {
  @ApiPropertyOptional({
    enum: SOURCE_STATUSES,
    description: 'A paused source stores webhooks and routes them once it is active again; a disabled one answers 404',
    default: 'active',
    example: 'active',
  })
  @Optional()
  @IsIn(SOURCE_STATUSES)
  status?: SourceStatus;

  @ApiPropertyOptional({ type: 'string', nullable: true, description: 'For people', example: 'Orders of the shop' })
  @Nullable()
  @IsString()
  @MaxLength(1000)
  description?: string | null;

  @ApiPropertyOptional({ description: 'Whether webhooks must be signed', example: true })
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
    type: [String],
    nullable: true,
    description: 'Addresses and CIDR blocks that may send; everyone when empty',
    example: ['192.0.2.0/24'],
  })
  @Nullable()
  @JsonInput()
  @IsArray()
  @ArrayMaxSize(1000)
  @IsAddressBlock()
  ip_allowlist?: string[] | null;

  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    description: 'Addresses and CIDR blocks that may not send; checked first',
    example: ['198.51.100.7'],
  })
  @Nullable()
  @JsonInput()
  @IsArray()
  @ArrayMaxSize(1000)
  @IsAddressBlock()
  ip_denylist?: string[] | null;
}

@ShownAs(SourceView)
export class CreateSourceDto extends SourceSettings {
  @ApiProperty({ description: 'Display name', example: 'GitHub' })
  @IsName()
  name: string;

  @ApiProperty({ description: 'Unique within the environment', pattern: SLUG.source, example: 'github' })
  @IsSlug()
  slug: string;

  @ApiPropertyOptional({
    enum: TEMPLATE_IDS,
    nullable: true,
    description: 'Presets verification for a well-known sender',
    example: 'github',
  })
  @Nullable()
  @IsIn(TEMPLATE_IDS)
  template?: string | null;
}

@ShownAs(SourceView)
export class UpdateSourceDto extends SourceSettings {
  @ApiPropertyOptional({ description: 'Display name', example: 'GitHub' })
  @Optional()
  @IsName()
  name?: string;

  @ApiPropertyOptional({ description: 'Cannot be changed', pattern: SLUG.source, example: 'github' })
  @Optional()
  @IsSlug()
  slug?: string;

  @ApiPropertyOptional({ enum: TEMPLATE_IDS, nullable: true, description: 'Cannot be changed', example: 'github' })
  @Nullable()
  @IsIn(TEMPLATE_IDS)
  template?: string | null;
}

export class ListSourcesQuery extends ListQuery {
  @ApiPropertyOptional({ enum: SOURCE_STATUSES, description: 'Only sources with this status' })
  @Optional()
  @IsIn(SOURCE_STATUSES)
  status?: SourceStatus;
}
