import { matches, type ProviderField, required, requiredSecret } from '../provider-field.js';

/** Who calls AWS, and where. */
export const AWS_FIELDS: readonly ProviderField[] = [
  required('region', 'AWS region', 'eu-central-1', {
    // It becomes part of a host name.
    problem: matches(/^[a-z0-9-]{1,40}$/, 'must be an AWS region such as eu-central-1'),
  }),
  required('access_key_id', 'Id of the access key', 'AKIAIOSFODNN7EXAMPLE'),
  requiredSecret('secret_access_key', 'Secret of the access key', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
];
