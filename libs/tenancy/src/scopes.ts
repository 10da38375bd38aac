/** `write` includes `read`. */
export type Access = 'read' | 'write';

/** What a key may do that does not say: everything. */
export const ALL_SCOPES = '*';

/** Who may make keys or environments can do everything else by way of them, so `write` alone does not suffice. */
const ADMINISTRATIVE = new Set(['api-keys', 'environments']);

/** Scopes as they are stored and shown, separated by spaces. Commas are understood, too. */
export function readScopes(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** Whether the text is `*`, `read`, `write`, `<resource>:read` or `<resource>:write`. @param resources known ones */
export function isScope(text: unknown, resources: ReadonlySet<string>): boolean {
  if (typeof text !== 'string') return false;
  if (text === ALL_SCOPES || text === 'read' || text === 'write') return true;
  const [resource = '', access, ...rest] = text.split(':');
  return resources.has(resource) && (access === 'read' || access === 'write') && rest.length === 0;
}

/** Whether someone with these scopes may read, or change, a resource. */
export function grants(scopes: readonly string[], resource: string, access: Access): boolean {
  return scopes.some((scope) => {
    if (scope === ALL_SCOPES) return true;
    if (scope === 'read') return access === 'read';
    if (scope === 'write') return access === 'read' || !ADMINISTRATIVE.has(resource);
    return scope === `${resource}:write` || scope === `${resource}:${access}`;
  });
}

/** Those of the wanted scopes that allow more than one has. */
export function exceedingScopes(own: readonly string[], wanted: readonly string[]): string[] {
  const has = (...scopes: string[]) => scopes.some((scope) => own.includes(scope));
  return wanted.filter((scope) => {
    if (scope === ALL_SCOPES) return !has(ALL_SCOPES);
    if (scope === 'read') return !has(ALL_SCOPES, 'write', 'read');
    if (scope === 'write') return !has(ALL_SCOPES, 'write');
    const [resource = '', access] = scope.split(':');
    return !grants(own, resource, access as Access);
  });
}
