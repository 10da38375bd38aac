import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hookstream, startApi } from '#libs/testing';
import { Client, type View } from '../client.js';
import { hasWireType } from './field.js';
import { OPERATIONS, TARGET } from './operations.js';
import { type Answer, LANGUAGES, runCurl } from './samples.js';

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
    asItIs: { status: 404, error: 'Organization not found' },
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
    fields: () => Promise.resolve({ expires_at: '2099-12-31T23:59:59.000Z' }),
    expected: {
      rate_limit_per_second: null,
      url: 'https://example.com/webhook',
      description: 'string',
      filter_types: '["string"]',
    },
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
    asItIs: { status: 404, error: 'Organization not found' },
  },
];

const languages = Object.entries(LANGUAGES).map(([language, { run, missing }]) => ({ language, runs: run, missing }));
const runs = languages
  .filter(({ missing }) => !missing)
  .flatMap((language) => SAMPLES.map((sample) => ({ ...language, ...sample })));

for (const { language, missing } of languages) {
  if (missing) it.skip(`the ${language} samples need ${missing}, which is not on this machine`, () => undefined);
}

describe.each(runs)('the $language sample $name', ({ name, runs, operation, id, fields, expected, asItIs }) => {
  const run = async (values?: Record<string, unknown>): Promise<Answer> =>
    runs(hookstream, name, { id: (await id?.())?.id, fields: values });

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

describe('the page on destinations', () => {
  const KNOWN = { name: 'Backend API', type: 'http', url: 'https://api.example.com/webhooks' };
  let id: string;

  it('creates one', async () => {
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

  it('lists them', async () => {
    const { status, body } = await runCurl(hookstream, 'list-destinations');
    expect({ status, body }).toMatchObject({ status: 200, body: { has_more: expect.any(Boolean) } });
    expect(body.destinations).toContainEqual(expect.objectContaining({ id, ...KNOWN }));
  });

  it('renames one, named by its prefixed id', async () => {
    const { status, body } = await runCurl(hookstream, 'rename-destination', { id: `dst_${id}` });
    const destination = { id, name: 'Backend API v2', type: 'http', retry_max_attempts: 10 };
    expect({ status, body }).toMatchObject({ status: 200, body: { destination } });
  });

  it('shows the circuit of one, and resets it', async () => {
    const circuit = { destination_id: id, state: 'closed', failure_count: 0 };
    const shown = await api.call('get', `/destinations/dst_${id}/circuit`);
    expect({ status: shown.status, body: shown.body as object }).toMatchObject({
      status: 200,
      body: { ...circuit, last_failure_at: null, opened_at: null },
    });
    const reset = await runCurl(hookstream, 'reset-circuit', { id: `dst_${id}` });
    expect(reset).toMatchObject({ status: 200, body: circuit });
  });

  it('lists templates', async () => {
    const { status, body } = await api.call('get', '/destinations/templates');
    expect(status).toBe(200);
    expect((body as { templates: View[] }).templates.slice(0, 2)).toEqual([
      {
        id: 'slack',
        name: 'Slack',
        type: 'http',
        description: 'Send webhook events to a Slack channel via Incoming Webhook URL.',
        config_template: { url: '' },
      },
      {
        id: 'discord',
        name: 'Discord',
        type: 'http',
        description: 'Post webhook events to a Discord channel webhook.',
        config_template: { url: '' },
      },
    ]);
  });

  it('reads one with its count of deliveries, and deletes it', async () => {
    expect(await api.read(`/destinations/dst_${id}`)).toMatchObject({ delivery_count: 0, event_count: 0 });
    expect((await api.call('delete', `/destinations/dst_${id}`)).body).toEqual({ success: true });
  });
});
