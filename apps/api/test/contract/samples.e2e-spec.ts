import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hookstream, startApi } from '#libs/testing';
import { Client, type View } from '../client.js';
import { hasWireType } from './field.js';
import { OPERATIONS, TARGET } from './operations.js';
import { type Answer, runCurl, runFetch } from './samples.js';

let hookstream: Hookstream;
let api: Client;

beforeAll(async () => {
  hookstream = await startApi();
  api = new Client(hookstream);
});
afterAll(() => hookstream.stop());

const DESTINATION = {
  name: 'Backend API',
  url: TARGET,
  method: 'PUT',
  headers: { 'X-Custom': 'value' },
  timeout_ms: 5000,
  auth_type: 'bearer_token',
  auth_config: { token: 'a-long-secret-token' },
  provider_config: {},
  retry_enabled: true,
  retry_max_attempts: 3,
  retry_backoff_type: 'linear',
  retry_intervals: [10],
  circuit_breaker_enabled: true,
  circuit_breaker_threshold: 7,
  circuit_breaker_reset_ms: 30_000,
};
const DESTINATION_SHOWN = {
  ...DESTINATION,
  headers: '{"X-Custom":"value"}',
  auth_config: '{"token":"****oken"}',
  provider_config: null,
  retry_enabled: 1,
  retry_intervals: '[10]',
  circuit_breaker_enabled: 1,
};
const OWNER = { org_id: 'default', env_id: 'default' };

interface Sample {
  name: string;
  operation: keyof typeof OPERATIONS;
  /** The id in its path. */
  id?: () => Promise<View>;
  /** What stands for its placeholders. */
  fields: () => Promise<Record<string, unknown>>;
  expected: object;
  /** What it is answered with its placeholders in place. */
  asItIs: { status: number; error: unknown };
}

const SAMPLES: Sample[] = [
  {
    name: 'create-destination',
    operation: 'createDestination',
    fields: () => Promise.resolve({ ...OWNER, ...DESTINATION, slug: api.slug(), type: 'http' }),
    expected: DESTINATION_SHOWN,
    asItIs: { status: 404, error: 'Organization not found.' },
  },
  {
    name: 'update-destination',
    operation: 'updateDestination',
    id: () => api.destination(),
    fields: () => Promise.resolve({ ...DESTINATION, status: 'paused' }),
    expected: { ...DESTINATION_SHOWN, status: 'paused' },
    asItIs: { status: 400, error: expect.stringContaining('Invalid body: ') },
  },
  {
    name: 'create-endpoint',
    operation: 'createEndpoint',
    id: () => api.application(),
    fields: () => Promise.resolve({ rate_limit_per_second: 10, expires_at: '2099-12-31T23:59:59.000Z' }),
    expected: { url: 'https://example.com/webhook', description: 'string', filter_types: '["string"]' },
    asItIs: { status: 400, error: expect.stringContaining('Invalid body: ') },
  },
  {
    name: 'create-connection',
    operation: 'createConnection',
    fields: async () => ({
      ...OWNER,
      source_id: (await api.source()).id,
      destination_id: (await api.destination()).id,
      filter_rules: [{ field: 'payload.type', op: 'eq', value: 'paid' }],
      transform_expression: '{"id": id}',
    }),
    expected: { name: 'string', enabled: 1, transform_enabled: 1, transform_expression: '{"id": id}' },
    asItIs: { status: 404, error: 'Organization not found.' },
  },
];

const RUNNERS = { curl: runCurl, fetch: runFetch };
const runs = SAMPLES.flatMap((sample) => (['curl', 'fetch'] as const).map((tool) => ({ ...sample, tool })));

describe.each(runs)('the $tool sample $name', ({ name, tool, operation, id, fields, expected, asItIs }) => {
  const run = async (values?: Record<string, unknown>): Promise<Answer> =>
    RUNNERS[tool](hookstream, name, { id: (await id?.())?.id, fields: values });

  it('is answered as documented', async () => {
    const { status, wrapper, response } = OPERATIONS[operation];
    const { status: answered, body } = await run(await fields());
    expect({ answered, body }).toMatchObject({ answered: status, body: { [wrapper]: expected } });
    const view = body[wrapper] as Record<string, unknown>;
    for (const [field, type] of Object.entries(response)) {
      expect({ field, type, ok: hasWireType(view[field], type) }).toMatchObject({ ok: true });
    }
  });

  it('is refused in words while it has its placeholders', async () => {
    const { status, body } = await run();
    expect({ status, ...body }).toMatchObject(asItIs);
  });
});

describe('the curl samples of the page on destinations', () => {
  const KNOWN = { name: 'Backend API', type: 'http', url: 'https://api.example.com/webhooks' };
  let id: string;

  it('create one', async () => {
    const { status, body } = await runCurl(hookstream, 'create-destination-quickly');
    const settings = { retry_max_attempts: 5, retry_backoff_type: 'exponential', headers: '{"X-Custom":"value"}' };
    expect({ status, body }).toMatchObject({
      status: 201,
      body: {
        destination: {
          ...KNOWN,
          ...settings,
          slug: 'backend-api',
          retry_intervals: '[30,300,1800,7200,86400]',
        },
      },
    });
    id = (body.destination as View).id;
  });

  it('list them', async () => {
    const { status, body } = await runCurl(hookstream, 'list-destinations');
    expect({ status, body }).toMatchObject({ status: 200, body: { has_more: expect.any(Boolean) } });
    expect(body.destinations).toContainEqual(expect.objectContaining({ id, ...KNOWN }));
  });

  it('rename one, named by its prefixed id', async () => {
    const { status, body } = await runCurl(hookstream, 'rename-destination', { id: `dst_${id}` });
    const destination = { id, name: 'Backend API v2', type: 'http', retry_max_attempts: 10 };
    expect({ status, body }).toMatchObject({ status: 200, body: { destination } });
  });

  it('read one with its count of deliveries, and delete it', async () => {
    expect(await api.read(`/destinations/dst_${id}`)).toMatchObject({ delivery_count: 0, event_count: 0 });
    expect((await api.call('delete', `/destinations/dst_${id}`)).body).toEqual({ success: true });
  });
});
