import { type Plan } from './plans.js';

/** Who calls: the environment that every query of a request is confined to, and what may be done in it. */
export interface Principal {
  organizationId: string;
  environmentId: string;
  /** Of the organization. */
  plan: Plan;
  /** Null for somebody who is signed in, or has a portal token. */
  apiKeyId: string | null;
  /** See scopes.ts. */
  scopes: readonly string[];
  /** Of who has a portal token: the one application it opens, at routes that say so. Left out for everybody else. */
  application?: { id: string; uid: string };
}
