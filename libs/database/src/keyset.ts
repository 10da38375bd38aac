import { ApiError } from '#libs/errors';

/** One page of a list that is ordered by id, newest first. */
export interface Page<T> {
  items: T[];
  /** Opaque; null on the last page. */
  cursor: string | null;
}

/** Where a page starts: after the item that the cursor names. */
export interface PageRequest {
  /** As answered with the previous page. */
  cursor?: string;
  /** Items on the page. */
  limit: number;
}

/** A cursor that continues after the given id. */
export function encodeCursor(id: string): string {
  return Buffer.from(JSON.stringify({ id })).toString('base64url');
}

/**
 * The id a cursor names.
 *
 * @throws ApiError `invalid_query` when the cursor is not one of ours
 */
export function decodeCursor(cursor: string): string {
  try {
    const { id } = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as { id?: unknown };
    if (typeof id === 'string' && /^[0-9a-f]{32}$/.test(id)) return id;
  } catch {
    // Falls through: whatever is wrong with it, the answer is the same.
  }
  throw ApiError.invalidBody(
    [{ field: 'cursor', message: 'must be a cursor from an earlier answer' }],
    'invalid_query',
  );
}

/**
 * Cuts a page out of `limit + 1` rows: the extra row only tells that there is more.
 *
 * @param rows at most `limit + 1` rows in list order
 */
export function toPage<T extends { id: string }>(rows: T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, cursor: rows.length > limit && last ? encodeCursor(last.id) : null };
}
