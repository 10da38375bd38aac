import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request, { type Response } from 'supertest';
import { type Hookstream, startApi } from '#libs/testing';
import { Client, expectError, NOBODY } from '../client.js';
import { hasWireType, type Operation, type RequestField } from './field.js';
import { OPERATIONS } from './operations.js';

const WRONG: Record<string, unknown> = { string: 5, number: 'text', boolean: 'text', object: 'text' };

const NO_URL = 'is needed when type is http';

let hookstream: Hookstream;
let api: Client;

beforeAll(async () => {
  hookstream = await startApi({ HOOKSTREAM_PLAN_LIMITS: 'free.destinations=0,free.endpoints=0' });
  api = new Client(hookstream);
});
afterAll(() => hookstream.stop());

/** Fresh things for every `:name` of a path or body. */
async function withIds<T>(template: T): Promise<T> {
  let text = JSON.stringify(template);
  const make = {
    source: () => api.source(),
    destination: () => api.destination(),
    application: () => api.application(),
  };
  for (const [name, create] of Object.entries(make)) {
    if (text.includes(`:${name}`)) text = text.replaceAll(`:${name}`, (await create()).id);
  }
  return JSON.parse(text) as T;
}

async function call(operation: Operation, fields: object): Promise<Response> {
  const { path, required } = await withIds({ path: operation.path, required: operation.required });
  const slug = 'slug' in required && { slug: api.slug() };
  return api.call(operation.method, path, { ...required, ...slug, ...fields });
}

function setPlan(plan: string) {
  const { organizationId } = hookstream.tenant;
  return hookstream.database.query('update organizations set plan = $2 where id = $1', [organizationId, plan]);
}

function shown({ wrapper }: Operation, response: Response): Record<string, unknown> {
  return (response.body as Record<string, Record<string, unknown>>)[wrapper]!;
}

describe.each(Object.entries(OPERATIONS))('%s', (_, operation: Operation) => {
  const { path, status, required, fields, defaults, limited, response: types } = operation;

  it.each(fields.map((field): [string, unknown, RequestField] => [field.name, field.value, field]))(
    'takes %s: %j',
    async (name, value, { shown: expected = value, shownAs = name, beside }) => {
      const response = await call(operation, { [name]: value, ...beside });
      expect({ status: response.status, body: response.body }).toMatchObject({ status });
      if (shownAs) expect(shown(operation, response)).toMatchObject({ [shownAs]: expected });
    },
  );

  it.each([...new Map(fields.map((field) => [field.name, field])).values()])(
    'refuses a $name of another type',
    async ({ name, value }) => {
      const response = await call(operation, { [name]: WRONG[typeof value] });
      expect(response.status).toBe(name.endsWith('_id') ? 404 : 400);
    },
  );

  it('takes all fields at once, and answers every documented field with its type', async () => {
    const all = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    const besides = Object.assign({}, ...fields.map(({ beside }) => beside)) as object;
    for (const body of [all, { ...all, ...besides }, operation.method === 'patch' ? { name: 'n' } : {}]) {
      const slug = 'slug' in body && { slug: api.slug() };
      const response = await call(operation, { ...body, ...slug });
      expect({ status: response.status, body: response.body }).toMatchObject({ status });
      const view = shown(operation, response);
      for (const [field, type] of Object.entries(types)) {
        expect({ field, type, value: view[field], ok: hasWireType(view[field], type) }).toMatchObject({ ok: true });
      }
      expect(Object.keys(response.body as object)).toEqual([operation.wrapper]);
    }
  });

  it('fills in the documented defaults', async () => {
    const body = operation.method === 'patch' ? { name: 'n' } : {};
    expect(shown(operation, await call(operation, body))).toMatchObject(defaults);
  });

  it('answers 400 without a field that is required', async () => {
    for (const name of Object.keys(required)) {
      const response = await call(operation, { [name]: undefined });
      const details = [{ field: name, message: name === 'url' && path === '/destinations' ? NO_URL : 'is required' }];
      expectError(response, 400, `Invalid body: '${name}' ${details[0]?.message}`, details);
    }
  });

  it('answers 401 without a key and with a wrong one', async () => {
    const url = `${hookstream.url}/v1${path.replace(/:\w+/, NOBODY)}`;
    const send = () => request(url)[operation.method === 'post' ? 'post' : 'patch']('');
    expectError(await send(), 401, 'Missing API key: send it in the X-API-Key header');
    expectError(await send().set('Authorization', 'Bearer nonsense'), 401, 'Invalid API key');
  });

  if (limited) {
    it('answers 403 when the plan has no room for more', async () => {
      const { path: target, body } = await withIds({ path, body: required });
      await setPlan('free');
      const response = await api.call(operation.method, target, body);
      await setPlan('self_hosted');
      expectError(response, 403, `Plan limit reached: the plan free allows 0 ${limited}`);
    });
  }

  it('answers 404 when an id names nothing', async () => {
    const body = operation.method === 'patch' ? { name: 'n' } : required;
    const template = { path, ...body };
    for (const [name, value] of Object.entries(template)) {
      if (!/:[a-z]/.test(value)) continue;
      const nothing = { ...template, [name]: value.replace(/:\w+/, NOBODY) };
      const { path: target, ...sent } = await withIds(nothing);
      const response = await api.call(operation.method, target, sent);
      expectError(response, 404, expect.stringMatching(/^(Source|Destination|Application) not found$/));
    }
  });
});
