import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, Max, Min } from 'class-validator';
import { NumberInput, Optional } from './input.js';
import { TenantDto } from './tenant.dto.js';

/** Which page of a list. */
export class ListQuery extends TenantDto {
  @ApiPropertyOptional({ description: 'Where the page starts: `cursor` of the page before' })
  @Optional()
  @IsString()
  cursor?: string;

  @ApiPropertyOptional({ description: 'Items on the page', minimum: 1, maximum: 100, default: 20 })
  @Optional()
  @NumberInput()
  @IsInt()
  @Min(1)
  @Max(100)
  limit = 20;
}

/** What every list answers besides its items. */
export abstract class ListView {
  @ApiProperty({ type: 'string', nullable: true, description: 'Continues the list; null on the last page' })
  cursor: string | null;

  @ApiProperty({ description: 'Whether there is another page' })
  has_more: boolean;
}

/** What every deletion answers. */
export class DeletedView {
  @ApiProperty({ example: true })
  success = true;
}
