import { defaultAc, defaultRoles } from 'better-auth/plugins/organization/access';
import { ALL_SCOPES } from '#libs/tenancy';

/** What a role may do in the gateway, as the scopes of a key; the strongest first. */
const SCOPES = { owner: ALL_SCOPES, admin: ALL_SCOPES, member: 'write', viewer: 'read' };

/** What a role may do with the organization and its members. */
export const ROLES = {
  ...defaultRoles,
  viewer: defaultAc.newRole({ organization: [], member: [], invitation: [], team: [], ac: ['read'] }),
};

/** @param roles of a member, separated by commas */
export function scopesOf(roles: string): string[] {
  const held = roles.split(',').map((role) => role.trim());
  return Object.entries(SCOPES).flatMap(([role, scope]) => (held.includes(role) ? [scope] : []));
}
