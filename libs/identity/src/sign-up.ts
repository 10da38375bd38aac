import { APIError } from 'better-auth/api';
import { type Pool } from 'pg';
import { newId } from '#libs/crypto';

/** `open` to everybody, `closed` to everybody but the invited, or open until somebody has signed up. */
export type SignUpPolicy = 'open' | 'closed' | 'first';

/** Whether somebody who has not been invited may sign up. */
export async function isSignUpOpen(pool: Pool, policy: SignUpPolicy): Promise<boolean> {
  if (policy !== 'first') return policy === 'open';
  return (await pool.query('select from "user" limit 1')).rowCount === 0;
}

/** @throws APIError when this address may not sign up */
export async function admitSignUp(pool: Pool, policy: SignUpPolicy, email: string): Promise<void> {
  if ((await isSignUpOpen(pool, policy)) || (await isInvited(pool, email))) return;
  throw new APIError('FORBIDDEN', { code: 'SIGN_UP_CLOSED', message: 'Sign-up is closed; ask for an invitation.' });
}

/**
 * Gives a new user an organization with an environment, unless an organization waits for them. A user who could not be
 * given one is removed again, so that signing up can be repeated.
 */
export async function provisionUser(pool: Pool, { id, name, email }: Record<'id' | 'name' | 'email', string>) {
  try {
    if (await isInvited(pool, email)) return;
    const organizationId = newId();
    await pool.query(PROVISION, [organizationId, name || email, `org-${organizationId}`, newId(), newId(), id]);
  } catch (error) {
    await pool.query('delete from "user" where id = $1', [id]);
    throw error;
  }
}

async function isInvited(pool: Pool, email: string): Promise<boolean> {
  const invitations = await pool.query(
    `select from invitation where lower(email) = lower($1) and status = 'pending' and "expiresAt" > now() limit 1`,
    [email],
  );
  return invitations.rowCount !== 0;
}

const PROVISION = `
with o as (
  insert into organizations (id, name, slug) values ($1, $2, $3) returning id
), e as (
  insert into environments (id, organization_id, name, slug) select $4, id, 'Production', 'production' from o
)
insert into member (id, "organizationId", "userId", role, "createdAt") select $5, id, $6, 'owner', now() from o`;
