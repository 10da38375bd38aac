import { type Request } from 'express';

/**
 * The API key that a request carries, if any.
 *
 * @param inQuery whether it may be the query's `token`
 */
export function keyOf(request: Request, inQuery: boolean): string | undefined {
  const header = request.get('x-api-key');
  if (header) return header;
  const bearer = bearerOf(request);
  if (bearer !== undefined) return bearer;
  const { token: inUrl } = request.query;
  return inQuery && typeof inUrl === 'string' && inUrl !== '' ? inUrl : undefined;
}

/** What has the form of a JWT, signed or not: no key has. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** The portal token that a request carries, if any: as its bearer token, and without a key. */
export function portalTokenOf(request: Request): string | undefined {
  const bearer = request.get('x-api-key') ? undefined : bearerOf(request);
  return bearer !== undefined && JWT.test(bearer) ? bearer : undefined;
}

function bearerOf(request: Request): string | undefined {
  const [scheme, token] = (request.get('authorization') ?? '').split(' ', 2);
  return scheme?.toLowerCase() === 'bearer' ? token : undefined;
}
