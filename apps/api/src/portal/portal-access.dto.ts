import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { type Access } from '#libs/tenancy';
import { Optional } from '../http/input.js';
import { TenantDto } from '../http/tenant.dto.js';

const ACCESS = ['read', 'write'] as const satisfies Access[];
const MIN_SECONDS = 60;
const MAX_SECONDS = 86_400;

export class CreatePortalAccessDto extends TenantDto {
  @ApiPropertyOptional({
    enum: ACCESS,
    description: '`read` to look at endpoints and messages only, `write` to change endpoints and retry messages, too',
    default: 'write',
    example: 'write',
  })
  @Optional()
  @IsIn(ACCESS)
  scopes?: Access;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Seconds for which the token is valid',
    minimum: MIN_SECONDS,
    maximum: MAX_SECONDS,
    default: 3600,
    example: 3600,
  })
  @Optional()
  @IsInt()
  @Min(MIN_SECONDS)
  @Max(MAX_SECONDS)
  expires_in?: number;
}
