import { type Request } from 'express';

/**
 * The API key that a request carries, if any.
 *
 * @param inQuery whether it may be the query's `token`
 */
export function keyOf(request: Request, inQuery: boolean): string | undefined {
  const header = request.get('x-api-key');
  if (header) return header;
  const [scheme, token] = (request.get('authorization') ?? '').split(' ', 2);
  if (scheme?.toLowerCase() === 'bearer') return token;
  const { token: inUrl } = request.query;
  return inQuery && typeof inUrl === 'string' && inUrl !== '' ? inUrl : undefined;
}
