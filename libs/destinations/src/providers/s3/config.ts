import { matches, oneOf, optional, type ProviderField, required } from '../../provider-field.js';
import { AWS_FIELDS } from '../aws/aws-fields.js';
import { keyTemplateProblem, prefixProblem } from './object-key.js';

export const S3_FIELDS: readonly ProviderField[] = [
  required('bucket', 'Name of the bucket', 'webhooks', {
    // It becomes part of a host name (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
    problem: matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
  }),
  ...AWS_FIELDS,
  optional('prefix', 'Beginning of every key; a slash is added at its end', 'orders/', { problem: prefixProblem }),
  optional(
    'key_template',
    'Key of an object, of `{prefix}`, `{YYYY}`, `{MM}`, `{DD}`, `{HH}` (when the event was received, UTC), `{source_id}` and `{event_id}`',
    '{prefix}{YYYY}/{MM}/{DD}/{event_id}.json',
    { problem: keyTemplateProblem },
  ),
  oneOf('format', ['json', 'raw'], '`json` (default) wraps the event, `raw` stores its body byte for byte'),
  oneOf(
    'path_style',
    ['false', 'true'],
    '`true` puts the bucket into the path instead of the host name, for S3-compatible services',
  ),
];
