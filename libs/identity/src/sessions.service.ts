import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '#libs/errors';
import { type Plan, type Principal } from '#libs/tenancy';
import { Identity } from './identity.js';
import { scopesOf } from './roles.js';

const SESSION_COOKIE = /(?:^|;\s*)better-auth\.session_token=/;

/** Turns session cookies into callers. */
@Injectable()
export class SessionsService {
  constructor(@Inject(Identity) private readonly identity: Identity) {}

  /**
   * The caller in the chosen (or else the oldest) organization and its oldest environment.
   *
   * @param cookie the header
   * @returns undefined when there is no session cookie
   * @throws ApiError `invalid_session`, `no_organization`
   */
  async authenticate(cookie: string | undefined): Promise<Principal | undefined> {
    if (!cookie || !SESSION_COOKIE.test(cookie)) return undefined;
    const user = await this.identity.userOf(cookie);
    if (!user) throw new ApiError('invalid_session');
    const { rows } = await this.identity.pool.query<MembershipRow>(MEMBERSHIP, [
      user.userId,
      user.activeOrganizationId,
    ]);
    const [membership] = rows;
    if (!membership) throw new ApiError('no_organization');
    return {
      organizationId: membership.organization_id,
      environmentId: membership.environment_id,
      plan: membership.plan,
      apiKeyId: null,
      scopes: scopesOf(membership.role),
    };
  }
}

interface MembershipRow {
  organization_id: string;
  environment_id: string;
  plan: Plan;
  role: string;
}

const MEMBERSHIP = `
select o.id as organization_id, e.id as environment_id, o.plan, m.role
from member m
join organizations o on o.id = m."organizationId"
join lateral (
  select id from environments where organization_id = o.id order by created_at, id limit 1
) e on true
where m."userId" = $1
order by (o.id = $2::uuid) desc nulls last, m."createdAt", m.id
limit 1`;
