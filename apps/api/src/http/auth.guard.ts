import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { Config } from '#libs/config';
import { ApiError } from '#libs/errors';
import { SessionsService } from '#libs/identity';
import { PortalTokensService } from '#libs/outbound';
import { ALL_SCOPES, ApiKeysService, EnvironmentsService, grants, type Principal } from '#libs/tenancy';
import { isOwnOrigin } from './base-url.js';
import { keyOf, portalTokenOf } from './key-of.js';
import { PORTAL, requirePortal } from './portal.js';
import { RateLimits } from './rate-limits.js';
import { RESOURCE } from './resource.decorator.js';
import { confine } from './tenant-input.js';

const PUBLIC = 'public';
/**
 * Opens a route to callers without a key.
 *
 * @param options `limited`: whether an address may call only so often; true when left out
 */
export const Public = (options: { limited: boolean } = { limited: true }) =>
  applyDecorators(SetMetadata(PUBLIC, options), ApiSecurity({}));

const ANY_ENVIRONMENT = 'any-environment';
/** Lets a key with all scopes name another environment of its organization by `env_id`. */
export const AnyEnvironment = () => SetMetadata(ANY_ENVIRONMENT, true);

const STREAM = 'stream';
/**
 * A route that opens a WebSocket. A browser cannot set headers there: the key may be in the query (`token`). Pages of other sites
 * may open it with the cookie: it takes sessions from own pages only.
 */
export const Stream = () => SetMetadata(STREAM, true);

const READING = ['GET', 'HEAD', 'OPTIONS'];

export interface AuthenticatedRequest extends Request {
  principal: Principal;
}

/**
 * Every route of the API needs a key or a session with the scope of its resource, unless it is {@link Public}; those that
 * say so also take portal tokens. Probes and documentation are outside of it.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(ApiKeysService) private readonly apiKeys: ApiKeysService,
    @Inject(EnvironmentsService) private readonly environments: EnvironmentsService,
    @Inject(RateLimits) private readonly rateLimits: RateLimits,
    @Inject(PortalTokensService) private readonly portalTokens: PortalTokensService,
    @Inject(SessionsService) private readonly sessions: SessionsService,
    @Inject(Config) private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (!isApiPath(request.path)) return true;
    const response = context.switchToHttp().getResponse<Response>();
    const open = this.metadata<{ limited: boolean }>(context, PUBLIC);
    if (open) {
      if (open.limited) await this.rateLimits.ofAddress(request, response);
      return true;
    }
    const caller = await this.authenticate(request, response, this.metadata<boolean>(context, STREAM) ?? false);
    await this.rateLimits.ofOrganization(caller, response);
    if (caller.application) requirePortal(caller.application, this.metadata(context, PORTAL), request.params);
    requireScope(caller, this.metadata<string>(context, RESOURCE) ?? '', request.method);
    request.principal = await this.inEnvironment(caller, request, context);
    return true;
  }

  /** Who gets it wrong may do so only as often as who has no key. */
  private async authenticate(request: Request, response: Response, isStream: boolean): Promise<Principal> {
    try {
      // First match wins (contract, decision 10).
      const portalToken = portalTokenOf(request);
      if (portalToken) return await this.portalTokens.authenticate(portalToken);
      const key = keyOf(request, isStream);
      if (key) return await this.apiKeys.authenticate(key);
      const caller = await this.sessions.authenticate(request.get('cookie'));
      if (!caller) throw new ApiError('missing_key');
      const isOpen = READING.includes(request.method) && !isStream;
      if (!isOpen && !isOwnOrigin(request, this.config)) throw new ApiError('foreign_origin');
      return caller;
    } catch (error) {
      if (error instanceof ApiError) await this.rateLimits.ofAddress(request, response);
      throw error;
    }
  }

  /** The caller in the environment that the request names. @throws ApiError when it is not the caller's */
  private async inEnvironment(caller: Principal, request: Request, context: ExecutionContext): Promise<Principal> {
    const other = confine(caller, { env_id: request.get('x-env-id') }, request.query, request.body);
    if (!other) return caller;
    const isSignedIn = caller.apiKeyId === null && !caller.application;
    const mayLeave = isSignedIn || (this.metadata(context, ANY_ENVIRONMENT) && caller.scopes.includes(ALL_SCOPES));
    if (!mayLeave) throw new ApiError('environment_not_found');
    return this.environments.enter(caller, other);
  }

  private metadata<T>(context: ExecutionContext, key: string): T | undefined {
    return this.reflector.getAllAndOverride<T | undefined>(key, [context.getHandler(), context.getClass()]);
  }
}

/** Like the router, which does not tell `/V1` from `/v1`. */
function isApiPath(path: string): boolean {
  return /^\/v1\//i.test(path);
}

function requireScope({ scopes, apiKeyId, application }: Principal, resource: string, method: string): void {
  const access = READING.includes(method) ? 'read' : 'write';
  if (grants(scopes, resource, access)) return;
  const who = application ? 'This portal token' : apiKeyId ? 'This API key' : 'Your role';
  throw new ApiError('scope_missing', {
    sentence: `${who} lacks the scope ${resource}:${access}`,
  });
}
