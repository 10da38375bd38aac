import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import {
  DESTINATION_STATUSES,
  DESTINATION_TYPES,
  type DestinationStatus,
  type DestinationType,
} from '#libs/destinations';
import { AliasInput, Optional } from '../http/input.js';
import { ListQuery } from '../http/list.dto.js';
import { IsName, IsSlug, SLUG } from '../http/name.js';
import { ShownAs } from '../http/read-only-fields.js';
import { SampleFields } from '../openapi/sample-fields.js';
import { DestinationSettings } from './destination-settings.dto.js';
import { DestinationView } from './destination.view.js';

const TYPE_ALIASES = { aws_sqs: 'sqs', aws_s3: 's3', aws_eventbridge: 'eventbridge', gcp_pubsub: 'pubsub' };

const IsType = () => applyDecorators(AliasInput(TYPE_ALIASES), IsIn(DESTINATION_TYPES));

@ShownAs(DestinationView)
@SampleFields('type', 'url', 'headers', 'retry_max_attempts')
export class CreateDestinationDto extends DestinationSettings {
  @ApiProperty({ description: 'Display name', example: 'Backend API' })
  @IsName()
  name: string;

  @ApiProperty({ description: 'Unique within the environment', pattern: SLUG.source, example: 'backend-api' })
  @IsSlug()
  slug: string;

  @ApiPropertyOptional({
    enum: DESTINATION_TYPES,
    description:
      'What it delivers to; cannot be changed. `aws_sqs`, `aws_s3`, `aws_eventbridge` and `gcp_pubsub` are aliases',
    default: 'http',
    example: 'http',
  })
  @Optional()
  @IsType()
  type?: DestinationType;
}

@ShownAs(DestinationView)
@SampleFields('name', 'retry_max_attempts')
export class UpdateDestinationDto extends DestinationSettings {
  @ApiPropertyOptional({ description: 'Display name', example: 'Backend API' })
  @Optional()
  @IsName()
  name?: string;

  @ApiPropertyOptional({ description: 'Cannot be changed', pattern: SLUG.source, example: 'backend-api' })
  @Optional()
  @IsSlug()
  slug?: string;

  @ApiPropertyOptional({ enum: DESTINATION_TYPES, description: 'Cannot be changed', example: 'http' })
  @Optional()
  @IsType()
  type?: DestinationType;
}

export class ListDestinationsQuery extends ListQuery {
  @ApiPropertyOptional({
    enum: DESTINATION_STATUSES,
    description: 'Only destinations with this status',
    example: 'active',
  })
  @Optional()
  @IsIn(DESTINATION_STATUSES)
  status?: DestinationStatus;

  @ApiPropertyOptional({ enum: DESTINATION_TYPES, description: 'Only destinations of this type', example: 'http' })
  @Optional()
  @IsType()
  type?: DestinationType;
}
