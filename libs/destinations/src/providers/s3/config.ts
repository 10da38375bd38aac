import { matches, optional, type ProviderField, required } from '../../provider-field.js';
import { AWS_FIELDS } from '../aws-fields.js';

export const S3_FIELDS: readonly ProviderField[] = [
  required('bucket', 'Name of the bucket', 'webhooks', {
    // It becomes part of a host name (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
    problem: matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
  }),
  ...AWS_FIELDS,
  optional('prefix', 'Beginning of every key; a slash is added at its end', 'orders/'),
  optional('format', '`json` (default) wraps the event, `raw` stores its body', 'json', {
    problem: matches(/^(json|raw)$/, 'must be json or raw'),
  }),
];
