import { parseId } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { type Principal } from '#libs/tenancy';

/**
 * `org_id` and `env_id` may be left out, say `default`, or name the caller's own (contract, decision 4).
 *
 * @param inputs query and body, as sent
 * @returns an environment that is not the one the caller is in, if one is named
 * @throws ApiError `organization_not_found`, `environment_not_found`
 */
export function confine({ organizationId, environmentId }: Principal, ...inputs: unknown[]): string | undefined {
  let other: string | undefined;
  for (const input of inputs) {
    if (typeof input !== 'object' || input === null) continue;
    const { org_id, env_id } = input as Record<string, unknown>;
    if (!isOwn(org_id, organizationId)) throw new ApiError('organization_not_found');
    if (isOwn(env_id, environmentId)) continue;
    other = typeof env_id === 'string' ? parseId(env_id) : undefined;
    if (!other) throw new ApiError('environment_not_found');
  }
  return other;
}

function isOwn(given: unknown, own: string): boolean {
  if (given === undefined || given === null || given === 'default') return true;
  return typeof given === 'string' && parseId(given) === own;
}
