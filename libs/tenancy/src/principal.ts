/** Who calls: the environment that every query of a request is confined to. */
export interface Principal {
  organizationId: string;
  environmentId: string;
  apiKeyId: string;
}
