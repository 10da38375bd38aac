import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Optional } from '../http/input.js';
import { IsName, IsSlug, SLUG } from '../http/name.js';
import { ShownAs } from '../http/read-only-fields.js';
import { TenantDto } from '../http/tenant.dto.js';
import { SampleFields } from '../openapi/sample-fields.js';
import { EnvironmentView } from './environment.view.js';

export class CreateEnvironmentDto extends TenantDto {
  @ApiProperty({ description: 'Display name', example: 'Staging' })
  @IsName()
  name: string;

  @ApiProperty({ description: 'Unique within the organization', pattern: SLUG.source, example: 'staging' })
  @IsSlug()
  slug: string;
}

@ShownAs(EnvironmentView)
@SampleFields('name')
export class UpdateEnvironmentDto extends TenantDto {
  @ApiPropertyOptional({ description: 'Display name', example: 'Staging' })
  @Optional()
  @IsName()
  name?: string;

  @ApiPropertyOptional({ description: 'Unique within the organization', pattern: SLUG.source, example: 'staging' })
  @Optional()
  @IsSlug()
  slug?: string;
}
