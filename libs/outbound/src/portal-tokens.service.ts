import { Inject, Injectable } from '@nestjs/common';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { Keyring, parseId } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { type Access, type Principal, readScopes } from '#libs/tenancy';
import { ApplicationCache } from './application-cache.js';
import { type Application } from './application.entity.js';
import { ApplicationsService } from './applications.service.js';

const PURPOSE = 'portal tokens';
const ALGORITHM = 'HS256';
const TYPE = 'JWT';
const ISSUER = 'hookstream';
const AUDIENCE = 'hookstream portal';

/** What a portal token says of itself. */
interface PortalClaims extends JWTPayload {
  /** Id of the application. */
  sub: string;
  org_id: string;
  env_id: string;
  /** As scopes.ts reads them. */
  scope: string;
}

/** Event types are what a customer chooses filters from; who gives out a token gives out their names. */
const SCOPES: Record<Access, string> = {
  read: 'applications:read event-types:read',
  write: 'applications:write event-types:read',
};

/**
 * Tokens for customers: signed, and stored nowhere. One ends with its time, with its application, and with the key of the
 * keyring that signed it.
 */
@Injectable()
export class PortalTokensService {
  constructor(
    @Inject(Keyring) private readonly keyring: Keyring,
    @Inject(ApplicationsService) private readonly applications: ApplicationsService,
    @Inject(ApplicationCache) private readonly cache: ApplicationCache,
  ) {}

  /**
   * Makes a token that opens one application.
   *
   * @param appId id or uid
   * @throws ApiError `application_not_found`, `application_disabled`
   */
  async issue(
    principal: Principal,
    appId: string,
    { access, expiresIn }: { access: Access; /** Seconds. */ expiresIn: number },
  ): Promise<{ token: string; application: Application }> {
    const application = await this.applications.get(principal, appId);
    if (application.status !== 'active') throw new ApiError('application_disabled');
    const { id, organizationId, environmentId } = application;
    const { keyId } = this.keyring;
    const now = Math.floor(Date.now() / 1000);
    const token = await new SignJWT({ org_id: organizationId, env_id: environmentId, scope: SCOPES[access] })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: keyId })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(id)
      .setIssuedAt(now)
      .setExpirationTime(now + expiresIn)
      .sign(this.secret(keyId));
    return { token, application };
  }

  /**
   * Whom a token lets in now.
   *
   * @throws ApiError `invalid_portal_token` when it is not one of ours, has expired, or its application is gone or disabled
   */
  async authenticate(token: string): Promise<Principal> {
    const claims = await this.verify(token);
    const id = claims && parseId(claims.sub);
    const application = id && (await this.cache.get(id));
    if (!application || application.status !== 'active') throw new ApiError('invalid_portal_token');
    const { organizationId, environmentId, plan, uid } = application;
    if (organizationId !== claims.org_id || environmentId !== claims.env_id) throw new ApiError('invalid_portal_token');
    return {
      organizationId,
      environmentId,
      plan,
      apiKeyId: null,
      scopes: readScopes(claims.scope),
      application: { id, uid },
    };
  }

  private async verify(token: string): Promise<PortalClaims | undefined> {
    try {
      const { payload } = await jwtVerify<PortalClaims>(token, ({ kid = '' }) => this.secret(kid), {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp', 'org_id', 'env_id', 'scope'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  private secret(keyId: string): Uint8Array {
    const secret = this.keyring.deriveWith(keyId, PURPOSE);
    if (secret === undefined) throw new errors.JWKSNoMatchingKey();
    return Buffer.from(secret, 'base64url');
  }
}
