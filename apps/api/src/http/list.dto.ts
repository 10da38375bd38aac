import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, Max, Min } from 'class-validator';
import { NumberInput, Optional } from './input.js';
import { TenantDto } from './tenant.dto.js';

/** A cursor, for the documentation. */
export const CURSOR = 'eyJpZCI6IjAxOTBhMWIyYzNkNDdlNWY4YTliMGMxZDJlM2Y0YTViIn0';

/** Which page of a list. */
export class ListQuery extends TenantDto {
  @ApiPropertyOptional({ description: 'Where the page starts: the cursor of an earlier answer', example: CURSOR })
  @Optional()
  @IsString()
  cursor?: string;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Items on the page',
    minimum: 1,
    maximum: 100,
    default: 20,
    example: 20,
  })
  @Optional()
  @NumberInput()
  @IsInt()
  @Min(1)
  @Max(100)
  limit = 20;
}

/** A {@link ListQuery} with pages of 50. */
export class LongListQuery extends ListQuery {
  @ApiPropertyOptional({
    type: 'integer',
    description: 'Items on the page',
    minimum: 1,
    maximum: 100,
    default: 50,
    example: 50,
  })
  override limit = 50;
}

/** What every list answers besides its items. */
export abstract class ListView {
  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Continues the list; null on the last page',
    example: CURSOR,
  })
  cursor: string | null;

  @ApiProperty({ description: 'Whether there is another page', example: true })
  has_more: boolean;
}

/** What every deletion answers. */
export class DeletedView {
  @ApiProperty({ type: 'boolean', description: 'Always true', example: true })
  success = true;
}
