import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsIn, IsInt, IsString, Max, MaxLength, Min, MinLength } from 'class-validator';
import { ATTEMPT_STATUSES, type AttemptStatus } from '#libs/deliveries';
import { IsChannels } from '../endpoints/endpoint.dto.js';
import { Check, IdInput, JsonInput, Nullable, Optional } from '../http/input.js';
import { LongListQuery } from '../http/list.dto.js';
import { EXAMPLE_ID } from '../http/output.js';
import { TenantDto } from '../http/tenant.dto.js';
import { SampleFields } from '../openapi/sample-fields.js';

const MAX_RETENTION_DAYS = 90;

const IsPayload = () =>
  Check(
    'isPayload',
    (value) => value === undefined || typeof value === 'object' || typeof value === 'string',
    'must be an object, an array, text or null',
  );

@SampleFields('payload')
export class CreateMessageDto extends TenantDto {
  @ApiProperty({ description: 'Name of an event type of the environment', example: 'invoice.paid' })
  @IsString()
  event_type: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description:
      'What is sent. JSON is sent byte for byte as it stands in the request, text as the bytes of the text; without it, `null`. ' +
      'Must fit the schema of the event type',
    example: { id: 'inv_1', total: 42.5 },
  })
  @IsPayload()
  payload?: object | string | null;

  @ApiPropertyOptional({
    type: [String],
    description: 'Channels it belongs to: endpoints with channels get only messages of one of theirs',
    example: ['project-7'],
  })
  @Optional()
  @JsonInput()
  @ArrayMaxSize(10)
  @IsChannels()
  channels?: string[];

  @ApiPropertyOptional({
    description:
      'Your own name for the message, unique within the application: posted again, it answers the first message and sends ' +
      'nothing',
    example: 'inv_1:paid',
    maxLength: 255,
  })
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  event_id?: string;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    description:
      'Days after which the payload is removed; what is still to be sent then is cancelled. Without it the payload stays as ' +
      'long as the message',
    minimum: 1,
    maximum: MAX_RETENTION_DAYS,
    example: 30,
  })
  @Nullable()
  @IsInt()
  @Min(1)
  @Max(MAX_RETENTION_DAYS)
  payload_retention_days?: number | null;
}

@SampleFields()
export class RetryMessageDto extends TenantDto {
  @ApiPropertyOptional({
    description: 'Only to this active endpoint of the application, also when the message was never sent there',
    example: EXAMPLE_ID,
  })
  @Optional()
  @IdInput()
  endpoint_id?: string;
}

export class ListMessageAttemptsQuery extends LongListQuery {
  @ApiPropertyOptional({ enum: ATTEMPT_STATUSES, description: 'Only attempts that ended like this', example: 'failed' })
  @Optional()
  @IsIn(ATTEMPT_STATUSES)
  status?: AttemptStatus;
}

export class ListMessagesQuery extends LongListQuery {
  @ApiPropertyOptional({ description: 'Only messages of this event type', example: 'invoice.paid' })
  @Optional()
  @IsString()
  event_type?: string;
}
