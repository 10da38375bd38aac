import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayNotEmpty, IsArray, ValidateBy } from 'class-validator';
import { isScope, readScopes } from '#libs/tenancy';
import { DateInput, Nullable, Optional } from '../http/input.js';
import { IsName } from '../http/name.js';
import { RESOURCES } from '../http/resource.decorator.js';
import { TenantDto } from '../http/tenant.dto.js';
import { SampleFields } from '../openapi/sample-fields.js';

/** Text as answers carry it, or an array. */
const ScopesInput = () =>
  Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => {
    const value = obj[key];
    return typeof value === 'string' ? readScopes(value) : value;
  });

const AreScopes = () =>
  ValidateBy(
    {
      name: 'isScope',
      validator: {
        validate: (value) => isScope(value, RESOURCES),
        defaultMessage: () =>
          `must be *, read, write, or a resource with :read or :write; resources are ${[...RESOURCES].sort().join(', ')}`,
      },
    },
    { each: true },
  );

@SampleFields('scopes')
export class CreateApiKeyDto extends TenantDto {
  @ApiProperty({ description: 'Display name', example: 'CI' })
  @IsName()
  name: string;

  @ApiPropertyOptional({
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    description:
      '`*` (everything), `read`, `write`, or a resource with `:read` or `:write`; several as an array or separated ' +
      'by spaces. Not more than the calling key may do',
    default: '*',
    example: 'events:read sources:write',
  })
  @Optional()
  @ScopesInput()
  @IsArray({ message: 'must be text or an array' })
  @ArrayNotEmpty()
  @AreScopes()
  scopes?: string[];

  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'When the key ends; never when left out',
    example: '2027-01-01T00:00:00.000Z',
  })
  @Nullable()
  @DateInput()
  expires_at?: Date | null;
}
