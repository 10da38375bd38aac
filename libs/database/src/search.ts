import { type EntityManager } from '@mikro-orm/postgresql';
import { decodeCursor, encodeCursor } from './keyset.js';

/** Counting stops here: an exact number beyond helps nobody and costs a scan. */
const MAX_TOTAL = 10_000;

/** Part of a `where`, with `?` for its parameters. */
export interface Condition {
  sql: string;
  params: unknown[];
}

/** What a search selects. `id` is the column that orders it, newest first. */
export interface Search {
  columns: string;
  from: string;
  id: string;
  where: Condition[];
}

/** Which part of the result is wanted. */
export interface SearchWindow {
  limit: number;
  /** Rows to skip; ignored with a cursor. */
  offset: number;
  cursor?: string;
  /** Which side of the cursor. @defaultValue next */
  direction?: 'next' | 'prev';
}

export interface SearchResult<Row> {
  rows: Row[];
  /** Exact up to 10,000. */
  total: number;
  totalCapped: boolean;
  hasMore: boolean;
  nextCursor: string | null;
  prevCursor: string | null;
}

/**
 * Runs a search that people page through.
 *
 * @param em entity manager; plain statements, planned for the values at hand
 * @throws ApiError `invalid_query` for a cursor that is not one of ours
 */
export async function search<Row extends { id: string }>(
  em: EntityManager,
  { columns, from, id, where }: Search,
  { limit, offset, cursor, direction = 'next' }: SearchWindow,
): Promise<SearchResult<Row>> {
  const backwards = cursor !== undefined && direction === 'prev';
  const start = cursor ? [{ sql: `${id} ${backwards ? '>' : '<'} ?`, params: [decodeCursor(cursor)] }] : [];
  const page = conjunction([...where, ...start]);
  const all = conjunction(where);
  const [found, [count]] = await Promise.all([
    em.execute<Row[]>(
      `select ${columns} from ${from} where ${page.sql} order by ${id} ${backwards ? 'asc' : 'desc'} limit ? offset ?`,
      [...page.params, limit + 1, cursor ? 0 : offset],
    ),
    em.execute<[{ total: number }]>(
      `select count(*) as total from (select 1 from ${from} where ${all.sql} limit ${MAX_TOTAL + 1}) counted`,
      all.params,
    ),
  ]);
  const rows = found.slice(0, limit);
  if (backwards) rows.reverse();
  const more = found.length > limit;
  const hasNewer = backwards ? more : cursor !== undefined || offset > 0;
  const hasOlder = backwards || more;
  const [first, last] = [rows.at(0), rows.at(-1)];
  return {
    rows,
    total: Math.min(count.total, MAX_TOTAL),
    totalCapped: count.total > MAX_TOTAL,
    hasMore: hasOlder,
    nextCursor: hasOlder && last ? encodeCursor(last.id) : null,
    prevCursor: hasNewer && first ? encodeCursor(first.id) : null,
  };
}

function conjunction(conditions: Condition[]): Condition {
  return {
    sql: conditions.map(({ sql }) => `(${sql})`).join(' and '),
    params: conditions.flatMap(({ params }) => params),
  };
}

/** `column = ?` when a value is given. */
export function equals(column: string, value: unknown): Condition[] {
  return value === undefined ? [] : [{ sql: `${column} = ?`, params: [value] }];
}
