/** Who calls: the environment that every query of a request is confined to, and what may be done in it. */
export interface Principal {
  organizationId: string;
  environmentId: string;
  apiKeyId: string;
  /** See scopes.ts. */
  scopes: readonly string[];
}
