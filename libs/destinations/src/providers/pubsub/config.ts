import { matches, type ProviderField, required, requiredSecret } from '../../provider-field.js';

export const PUBSUB_FIELDS: readonly ProviderField[] = [
  // Both become parts of a path.
  required('project_id', 'Google Cloud project', 'example-project', {
    problem: matches(/^[a-z0-9.:-]{1,100}$/, 'must be the id of a project'),
  }),
  required('topic_id', 'Short name of the topic', 'orders', {
    problem: matches(/^[A-Za-z0-9][\w.~+%-]{2,254}$/, 'must be the short name of a topic'),
  }),
  requiredSecret(
    'service_account_json',
    'Key of a service account that may publish, as downloaded; text or an object',
    '{"client_email":"publisher@example-project.iam.gserviceaccount.com","private_key":"-----BEGIN PRIVATE KEY-----…"}',
    { problem: serviceAccountProblem },
  ),
];

function serviceAccountProblem(json: string): string | undefined {
  try {
    const { client_email, private_key } = (JSON.parse(json) ?? {}) as Record<string, unknown>;
    if (typeof client_email === 'string' && typeof private_key === 'string') return undefined;
  } catch {
    // Said below.
  }
  return 'must be JSON with client_email and private_key';
}
