import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsIn, IsString, MaxLength } from 'class-validator';
import { ENDPOINT_STATES, type EndpointState, isEventTypeFilter } from '#libs/outbound';
import { Check, DateInput, JsonInput, Nullable, Optional, RateInput } from '../http/input.js';
import { LongListQuery } from '../http/list.dto.js';
import { ShownAs } from '../http/read-only-fields.js';
import { TenantDto } from '../http/tenant.dto.js';
import { SampleFields } from '../openapi/sample-fields.js';
import { EndpointView } from './endpoint.view.js';

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

export class ListEndpointsQuery extends LongListQuery {
  @ApiPropertyOptional({ enum: ENDPOINT_STATES, description: 'Only endpoints with this status', example: 'active' })
  @Optional()
  @IsIn(ENDPOINT_STATES)
  status?: EndpointState;
}
