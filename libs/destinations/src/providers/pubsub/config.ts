import { createPrivateKey } from 'node:crypto';
import { matches, optional, optionalSecret, type ProviderField, required } from '../../provider-field.js';
import { readServiceAccount } from './service-account.js';

export const PUBSUB_FIELDS: readonly ProviderField[] = [
  // Both become parts of a path.
  required('project_id', 'Google Cloud project', 'example-project', {
    problem: matches(/^[a-z0-9.:-]{1,100}$/, 'must be the id of a project'),
  }),
  required('topic_id', 'Short name of the topic', 'orders', {
    problem: matches(/^[A-Za-z0-9][\w.~+%-]{2,254}$/, 'must be the short name of a topic'),
  }),
  optionalSecret(
    'service_account_json',
    'Key of a service account that may publish, as downloaded; text or an object. Not needed with `endpoint` (an emulator)',
    '{"client_email":"publisher@example-project.iam.gserviceaccount.com","private_key":"-----BEGIN PRIVATE KEY-----…"}',
    {
      needed: ({ endpoint }) => !endpoint,
      problem: (json, _, { checkUrl }) => serviceAccountProblem(json, checkUrl),
    },
  ),
  optional('ordering_key', 'Ordering key of every message, for subscriptions that keep the order', 'orders', {
    problem: (value) => (Buffer.byteLength(value) <= 1024 ? undefined : 'must not be longer than 1024 bytes'),
  }),
  optional('endpoint', 'Base URL of a regional endpoint or an emulator', 'https://europe-west3-pubsub.googleapis.com', {
    isUrl: true,
  }),
];

function serviceAccountProblem(json: string, checkUrl: (url: string) => string | undefined): string | undefined {
  const account = readServiceAccount(json);
  if (!account) return 'must be JSON with client_email and private_key';
  try {
    if (createPrivateKey(account.privateKey).asymmetricKeyType !== 'rsa') return 'must have an RSA private_key';
  } catch {
    return 'must have a private_key in PEM';
  }
  return checkUrl(account.tokenUrl) && 'must have a token_uri that may be called';
}
