import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { parseId } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { type Principal } from '#libs/tenancy';

/** Under which {@link OpenToPortal} is found. */
export const PORTAL = 'portal';

/** How a route that is open to portal tokens keeps them to their application. */
export interface PortalRoute {
  /** Parameter of the path that names the application; null when there is none. */
  applicationParam: string | null;
}

/**
 * Opens a route, or all routes of a controller, to portal tokens of the application that its path names. They also need
 * the scope. Without this a route is closed to them.
 *
 * @param applicationParam null when the path has none: what the route answers must be the same for all applications
 */
export const OpenToPortal = (applicationParam: string | null = 'appId') =>
  applyDecorators(
    SetMetadata(PORTAL, { applicationParam } satisfies PortalRoute),
    ApiSecurity('key'),
    ApiSecurity('bearer'),
    ApiSecurity('portal'),
  );

/**
 * Keeps who has a portal token to what it opens.
 *
 * @param route undefined when it is closed
 * @param params of the path
 * @throws ApiError `portal_closed`, `application_not_found`
 */
export function requirePortal(
  { id, uid }: NonNullable<Principal['application']>,
  route: PortalRoute | undefined,
  params: Record<string, unknown>,
): void {
  if (!route) throw new ApiError('portal_closed');
  if (route.applicationParam === null) return;
  const named = params[route.applicationParam];
  const isOwn = typeof named === 'string' && (named === uid || parseId(named) === id);
  if (!isOwn) throw new ApiError('application_not_found');
}
