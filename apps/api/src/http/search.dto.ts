import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { type SearchResult } from '#libs/database';
import { NumberInput, Optional } from './input.js';
import { CURSOR, ListQuery } from './list.dto.js';
import { WireNullableText } from './output.js';

const DIRECTIONS = ['next', 'prev'] as const;

/** Which part of a search is wanted: by cursor, or by offset. */
export class SearchQuery extends ListQuery {
  @ApiPropertyOptional({
    type: 'integer',
    description: 'Items on the page',
    minimum: 1,
    maximum: 100,
    default: 50,
    example: 50,
  })
  override limit = 50;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Items to skip; ignored with a cursor',
    minimum: 0,
    maximum: 10_000,
    default: 0,
    example: 0,
  })
  @Optional()
  @NumberInput()
  @IsInt()
  @Min(0)
  @Max(10_000)
  offset = 0;

  @ApiPropertyOptional({
    enum: DIRECTIONS,
    description: 'Which side of the cursor: `next` is older, `prev` is newer',
    default: 'next',
    example: 'next',
  })
  @Optional()
  @IsIn(DIRECTIONS)
  direction?: (typeof DIRECTIONS)[number];
}

/** Where in a search an answer is. */
export class PaginationView {
  @ApiProperty({ type: 'integer', description: 'Items found; counted up to 10,000', example: 1204 })
  total: number;

  @ApiPropertyOptional({
    type: 'boolean',
    description: 'Present and true when there are more items than `total` says',
    example: true,
  })
  total_capped?: true;

  @ApiProperty({ type: 'integer', description: 'Most items on the page', example: 50 })
  limit: number;

  @ApiProperty({ type: 'integer', description: 'Items skipped', example: 0 })
  offset: number;

  @ApiProperty({ description: 'Whether there are older items', example: true })
  has_more: boolean;

  @WireNullableText('Continues with older items; null when there are none', CURSOR)
  next_cursor: string | null;

  @WireNullableText('Goes back to newer items with `direction=prev`; null when there are none', CURSOR)
  prev_cursor: string | null;

  static of(result: SearchResult<unknown>, { limit, offset }: SearchQuery): PaginationView {
    return Object.assign(new PaginationView(), {
      total: result.total,
      ...(result.totalCapped && { total_capped: true }),
      limit,
      offset,
      has_more: result.hasMore,
      next_cursor: result.nextCursor,
      prev_cursor: result.prevCursor,
    });
  }
}
