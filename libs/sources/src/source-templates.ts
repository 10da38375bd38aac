import { type VerificationScheme } from '#libs/crypto';

/** Presets for a well-known sender. */
export interface SourceTemplate {
  id: string;
  name: string;
  description: string;
  verificationType: VerificationScheme | null;
  /** Header that carries the signature. */
  header: string | null;
}

export const SOURCE_TEMPLATES: readonly SourceTemplate[] = [
  {
    id: 'github',
    name: 'GitHub',
    description: 'Repository and organization webhooks, signed with HMAC-SHA256.',
    verificationType: 'hmac_sha256',
    header: 'X-Hub-Signature-256',
  },
  {
    id: 'custom',
    name: 'Custom',
    description: 'Any sender; configure verification yourself.',
    verificationType: null,
    header: null,
  },
];
