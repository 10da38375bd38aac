import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

/** The tenant, which the key decides already. Checked by the AuthGuard. */
export class TenantDto {
  @ApiPropertyOptional({ description: "Organization; the caller's when left out or `default`", example: 'default' })
  @IsOptional()
  @IsString()
  org_id?: string;

  @ApiPropertyOptional({ description: "Environment; the caller's when left out or `default`", example: 'default' })
  @IsOptional()
  @IsString()
  env_id?: string;
}
