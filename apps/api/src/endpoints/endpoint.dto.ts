import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsIn, IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '#libs/crypto';
import { ENDPOINT_STATES, type EndpointState, isEventTypeFilter } from '#libs/outbound';
import { IsStringMap } from '../destinations/destination-credentials.dto.js';
import { Check, DateInput, JsonInput, Nullable, Optional, RateInput } from '../http/input.js';
import { LongListQuery } from '../http/list.dto.js';
import { ShownAs } from '../http/read-only-fields.js';
import { TenantDto } from '../http/tenant.dto.js';
import { SampleFields } from '../openapi/sample-fields.js';
import { EndpointView, EXAMPLE_SECRET } from './endpoint.view.js';

const MAX_GRACE_SECONDS = 7 * 24 * 3600;
const CHANNEL = /^[\w.:-]{1,128}$/;

const IsEventTypeFilters = () =>
  Check(
    'isEventTypeFilters',
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'string' && isEventTypeFilter(item)),
    'must be names of event types, such as invoice.paid, or of groups of them, such as invoice.*',
  );

/** Channels of an endpoint or a message. */
export const IsChannels = () =>
  Check(
    'isChannels',
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'string' && CHANNEL.test(item)),
    'must be names of 1 to 128 letters, digits, dots, colons, underscores or hyphens',
  );

const SigningAlgorithmInput = (whenLeftOut: string) =>
  applyDecorators(
    ApiPropertyOptional({
      enum: SIGNING_ALGORITHMS,
      description:
        '`hmac_sha256` makes `v1` signatures with a secret that both sides know, `ed25519` makes `v1a` signatures that receivers ' +
        `verify with \`public_key\`. ${whenLeftOut}`,
      example: 'ed25519',
    }),
    Optional(),
    IsIn(SIGNING_ALGORITHMS),
  );

const SigningSecretInput = () =>
  applyDecorators(
    ApiPropertyOptional({
      description:
        'Your own secret, say of the sender you used before; one is made when left out. `whsec_` and base64 of 24 to 64 bytes, ' +
        'or for ed25519 `whsk_` and base64 of the 32 bytes of the seed and the 32 of its public key',
      example: EXAMPLE_SECRET,
    }),
    Optional(),
    IsString(),
    MaxLength(200),
  );

/** What can be set of an endpoint at any time. */
abstract class EndpointSettings extends TenantDto {
  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    description: 'Your own words about it; nothing here reads them',
    example: 'Billing of ACME',
  })
  @Nullable()
  @IsString()
  @MaxLength(1000)
  description?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    description:
      'Headers to send with each message, shown as they are; those that messages are verified by cannot be set',
    example: { 'X-Custom': 'value' },
  })
  @Nullable()
  @JsonInput()
  @IsStringMap()
  headers?: Record<string, string> | null;

  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    description: 'Event types it gets, each a name or `prefix.*`; all when null or empty',
    example: ['invoice.*'],
  })
  @Nullable()
  @JsonInput()
  @ArrayMaxSize(1000)
  @IsEventTypeFilters()
  filter_types?: string[] | null;

  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    description: 'It gets only messages of at least one of these channels; all when null or empty',
    example: ['project-7'],
  })
  @Nullable()
  @JsonInput()
  @ArrayMaxSize(100)
  @IsChannels()
  channels?: string[] | null;

  @RateInput()
  rate_limit_per_second?: number | null;

  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'When it gets its last message, in the future; null is never',
    example: '2036-03-01T12:00:00.000Z',
  })
  @Nullable()
  @DateInput()
  expires_at?: Date | null;
}

@SampleFields('description', 'filter_types')
export class CreateEndpointDto extends EndpointSettings {
  @ApiProperty({ description: 'Where messages are sent', format: 'uri', example: 'https://acme.example.com/webhooks' })
  @IsString()
  url: string;

  @SigningAlgorithmInput('`hmac_sha256` when left out, or what the prefix of `signing_secret` says')
  signing_algorithm?: SigningAlgorithm;

  @SigningSecretInput()
  signing_secret?: string;
}

@ShownAs(EndpointView)
@SampleFields('filter_types', 'status')
export class UpdateEndpointDto extends EndpointSettings {
  @ApiPropertyOptional({
    description: 'Where messages are sent',
    format: 'uri',
    example: 'https://acme.example.com/webhooks',
  })
  @Optional()
  @IsString()
  url?: string;

  @ApiPropertyOptional({
    enum: ENDPOINT_STATES,
    description: 'Only an active endpoint gets messages; one that is shown as `expired` may say so here',
    example: 'active',
  })
  @Optional()
  @IsIn(ENDPOINT_STATES)
  status?: EndpointState;
}

@SampleFields('grace_seconds')
export class RotateSecretDto {
  @ApiPropertyOptional({
    type: 'integer',
    description: 'How long the replaced secret signs beside the new one; with 0 it stops with the next try',
    minimum: 0,
    maximum: MAX_GRACE_SECONDS,
    default: 86_400,
    example: 3600,
  })
  @Optional()
  @IsInt()
  @Min(0)
  @Max(MAX_GRACE_SECONDS)
  grace_seconds?: number;

  @SigningAlgorithmInput('Stays as it is when left out, or is what the prefix of `signing_secret` says')
  signing_algorithm?: SigningAlgorithm;

  @SigningSecretInput()
  signing_secret?: string;
}

export class ListEndpointsQuery extends LongListQuery {
  @ApiPropertyOptional({ enum: ENDPOINT_STATES, description: 'Only endpoints with this status', example: 'active' })
  @Optional()
  @IsIn(ENDPOINT_STATES)
  status?: EndpointState;
}
