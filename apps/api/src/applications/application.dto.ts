import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import { APPLICATION_STATUSES, APPLICATION_UID, type ApplicationStatus } from '#libs/outbound';
import { BooleanInput, IsObjectInput, Nullable, Optional, RateInput } from '../http/input.js';
import { LongListQuery } from '../http/list.dto.js';
import { IsName } from '../http/name.js';
import { ShownAs } from '../http/read-only-fields.js';
import { TenantDto } from '../http/tenant.dto.js';
import { SampleFields } from '../openapi/sample-fields.js';
import { ApplicationView } from './application.view.js';

/** What can be set of an application at any time. */
abstract class ApplicationSettings extends TenantDto {
  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    description: 'Your own words about it; nothing here reads them',
    example: 'Signed up in March',
  })
  @Nullable()
  @IsString()
  @MaxLength(1000)
  description?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Anything worth remembering of it; an update replaces the whole object',
    example: { plan: 'gold' },
  })
  @Nullable()
  @IsObjectInput()
  metadata?: Record<string, unknown> | null;

  @ApiPropertyOptional({
    description: 'Whether its endpoints get news of the endpoints of its environment as messages',
    default: false,
    example: false,
  })
  @Optional()
  @BooleanInput()
  operational?: boolean;

  @RateInput()
  rate_limit?: number | null;
}

@SampleFields('metadata')
export class CreateApplicationDto extends ApplicationSettings {
  @ApiProperty({ description: 'Display name', example: 'ACME Corporation' })
  @IsName()
  name: string;

  @ApiProperty({
    description: 'Your own id for it, unique within the environment; stands wherever its id does. Cannot be changed',
    pattern: APPLICATION_UID.source,
    example: 'customer-42',
  })
  @IsString()
  @Matches(APPLICATION_UID, { message: `must match pattern ${APPLICATION_UID.source}` })
  uid: string;
}

@ShownAs(ApplicationView)
@SampleFields('name', 'metadata')
export class UpdateApplicationDto extends ApplicationSettings {
  @ApiPropertyOptional({ description: 'Display name', example: 'ACME Corporation' })
  @Optional()
  @IsName()
  name?: string;

  @ApiPropertyOptional({ description: 'Cannot be changed', pattern: APPLICATION_UID.source, example: 'customer-42' })
  @Optional()
  @IsString()
  uid?: string;

  @ApiPropertyOptional({
    enum: APPLICATION_STATUSES,
    description: 'Only an active application takes messages',
    example: 'active',
  })
  @Optional()
  @IsIn(APPLICATION_STATUSES)
  status?: ApplicationStatus;
}

export class ListApplicationsQuery extends LongListQuery {
  @ApiPropertyOptional({
    enum: APPLICATION_STATUSES,
    description: 'Only applications with this status',
    example: 'active',
  })
  @Optional()
  @IsIn(APPLICATION_STATUSES)
  status?: ApplicationStatus;

  @ApiPropertyOptional({ description: 'Part of the name or uid, in any case', example: 'acme' })
  @Optional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  search?: string;
}
