import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import {
  DEDUP_STRATEGIES,
  type DedupStrategy,
  DEFAULT_DEDUP_WINDOW_SECONDS,
  isAddressBlock,
  SCHEMA_ACTIONS,
  type SchemaAction,
} from '#libs/sources';
import { BooleanInput, IsObjectInput, JsonInput, Nullable, Optional } from '../http/input.js';
import { TenantDto } from '../http/tenant.dto.js';

const MAX_DEDUP_WINDOW_SECONDS = 30 * 24 * 3600;

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

/** What a webhook must pass besides its signature, and when it counts as a duplicate. */
export abstract class SourceChecks extends TenantDto {
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

  @ApiPropertyOptional({
    description: 'Whether a webhook that came before is stored as a duplicate and not delivered',
    default: false,
    example: true,
  })
  @Optional()
  @BooleanInput()
  dedup_enabled?: boolean;

  @ApiPropertyOptional({
    enum: DEDUP_STRATEGIES,
    nullable: true,
    description:
      'What duplicates have in common: the whole body, or the header or value of the body that `dedup_field` names',
    example: 'header_field',
  })
  @Nullable()
  @IsIn(DEDUP_STRATEGIES)
  dedup_strategy?: DedupStrategy | null;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    description:
      'Name of a header, or dot path into the JSON body (`data.id`). A webhook without it is not a duplicate',
    example: 'X-GitHub-Delivery',
  })
  @Nullable()
  @IsString()
  @IsNotEmpty()
  @MaxLength(500)
  dedup_field?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Seconds after the first webhook in which others are its duplicates',
    minimum: 1,
    maximum: MAX_DEDUP_WINDOW_SECONDS,
    default: DEFAULT_DEDUP_WINDOW_SECONDS,
    example: DEFAULT_DEDUP_WINDOW_SECONDS,
  })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(MAX_DEDUP_WINDOW_SECONDS)
  dedup_window_seconds?: number;

  @ApiPropertyOptional({
    description: 'Whether bodies are checked against `json_schema`',
    default: false,
    example: true,
  })
  @Optional()
  @BooleanInput()
  schema_validation_enabled?: boolean;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description:
      'JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12; patterns in RE2 syntax, no references to other documents',
    example: { type: 'object', required: ['id'] },
  })
  @Nullable()
  @IsObjectInput()
  json_schema?: Record<string, unknown> | null;

  @ApiPropertyOptional({
    enum: SCHEMA_ACTIONS,
    nullable: true,
    description:
      'What happens to a webhook that does not fit: `reject` answers 422 and stores nothing, `warn` delivers it with ' +
      '`verification_status: schema_invalid`',
    default: 'reject',
    example: 'reject',
  })
  @Nullable()
  @IsIn(SCHEMA_ACTIONS)
  schema_action?: SchemaAction | null;
}
