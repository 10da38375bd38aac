import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '#libs/errors';
import { SessionsService } from '#libs/identity';
import { ApiKeysService, EnvironmentsService, grants, type Principal } from '#libs/tenancy';
import { type AuthenticatedRequest } from '../http/auth.guard.js';
import { keyOf } from '../http/key-of.js';

/** A session takes queries to look at, a key hardly ever does. */
const SESSION_MS = 10_000;

/** Tells whether what a client has shown when it connected still lets it in. */
@Injectable()
export class StreamAccess {
  constructor(
    @Inject(ApiKeysService) private readonly apiKeys: ApiKeysService,
    @Inject(SessionsService) private readonly sessions: SessionsService,
    @Inject(EnvironmentsService) private readonly environments: EnvironmentsService,
  ) {}

  /** Keys are looked at whenever this is asked, sessions every ten seconds. */
  of(request: AuthenticatedRequest): () => Promise<boolean> {
    const { principal } = request;
    const key = keyOf(request, true);
    if (key) return async () => mayRead(await this.apiKeys.find(key));
    const cookie = request.get('cookie');
    let answer = Promise.resolve(true);
    let askedAt = performance.now();
    return () => {
      if (performance.now() - askedAt < SESSION_MS) return answer;
      askedAt = performance.now();
      return (answer = this.ofSession(cookie, principal));
    };
  }

  private async ofSession(cookie: string | undefined, principal: Principal): Promise<boolean> {
    try {
      const caller = await this.sessions.authenticate(cookie);
      if (!caller || !mayRead(caller) || caller.organizationId !== principal.organizationId) return false;
      await this.environments.get(caller, principal.environmentId);
      return true;
    } catch (error) {
      if (error instanceof ApiError) return false;
      throw error;
    }
  }
}

function mayRead(caller: Principal | undefined): boolean {
  return caller !== undefined && grants(caller.scopes, 'events', 'read');
}
