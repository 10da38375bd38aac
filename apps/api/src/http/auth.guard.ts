import { type CanActivate, type ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Request } from 'express';
import { parseId } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { ApiKeysService, type Principal } from '#libs/tenancy';

const PUBLIC = 'public';
/** Opens a route to callers without a key. */
export const Public = () => SetMetadata(PUBLIC, true);

export interface AuthenticatedRequest extends Request {
  principal: Principal;
}

/** Every route of the API needs a key, unless it is {@link Public}; probes and documentation are outside of it. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(ApiKeysService) private readonly apiKeys: ApiKeysService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (!isApiPath(request.path)) return true;
    if (this.reflector.getAllAndOverride(PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const key = keyOf(request);
    if (!key) throw new ApiError('missing_key');
    request.principal = await this.apiKeys.authenticate(key);
    for (const input of [request.query, request.body as unknown]) confine(input, request.principal);
    return true;
  }
}

/** Like the router, which does not tell `/V1` from `/v1`. */
function isApiPath(path: string): boolean {
  return /^\/v1\//i.test(path);
}

/** First match wins (contract, decision 10). */
function keyOf(request: Request): string | undefined {
  const header = request.get('x-api-key');
  if (header) return header;
  const [scheme, token] = (request.get('authorization') ?? '').split(' ', 2);
  return scheme?.toLowerCase() === 'bearer' ? token : undefined;
}

/** `org_id` and `env_id` may be left out, say `default`, or name the caller's own; anything else does not exist. */
function confine(input: unknown, { organizationId, environmentId }: Principal): void {
  if (typeof input !== 'object' || input === null) return;
  const { org_id, env_id } = input as Record<string, unknown>;
  if (isForeign(org_id, organizationId)) throw new ApiError('organization_not_found');
  if (isForeign(env_id, environmentId)) throw new ApiError('environment_not_found');
}

function isForeign(given: unknown, own: string): boolean {
  if (given === undefined || given === null || given === 'default') return false;
  return typeof given !== 'string' || parseId(given) !== own;
}
