import { matches, oneOf, optional, optionalSecret, type ProviderField, required } from '../../provider-field.js';

/** Whose credentials are used; `default` are the worker's own. */
const CREDENTIALS = ['keys', 'default'] as const;

/** Who calls AWS, and where. */
export const AWS_FIELDS: readonly ProviderField[] = [
  required('region', 'AWS region', 'eu-central-1', {
    // It becomes part of a host name.
    problem: matches(/^[a-z0-9-]{1,40}$/, 'must be an AWS region such as eu-central-1'),
  }),
  optional('access_key_id', 'Id of the access key', 'AKIAIOSFODNN7EXAMPLE', { needed: usesKeys }),
  optionalSecret('secret_access_key', 'Secret of the access key', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', {
    needed: usesKeys,
  }),
  optionalSecret('session_token', 'Session token, for temporary credentials', 'FwoGZXIvYXdzEXAMPLE'),
  oneOf(
    'credentials',
    CREDENTIALS,
    '`keys` uses the access key given here; `default` the credentials of the worker (environment, instance or pod role), where the operator allows it',
    {
      problem: (value, _, { awsDefaultCredentials }) =>
        value === 'default' && !awsDefaultCredentials
          ? 'cannot be default: the operator does not share the credentials of this installation'
          : undefined,
    },
  ),
  optional(
    'endpoint',
    'URL of the service instead of that of AWS, for compatible services and private endpoints',
    'https://minio.example.com',
    { isUrl: true },
  ),
];

function usesKeys({ credentials }: Record<string, string>): boolean {
  return credentials !== 'default';
}
