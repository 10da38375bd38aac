import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hookstream, startApi } from '#libs/testing';
import { Client } from './client.js';
import {
  documentedOperations,
  type DocumentedOperation,
  fetchDocument,
  type OpenApiDocument,
  type Schema,
} from './openapi-document.js';

const COMMITTED = 'docs/openapi.json';
const EXAMPLE_ID = '0190a1b2c3d47e5f8a9b0c1d2e3f4a5b';
const run = promisify(execFile);

/** Operations whose sample finds nothing in an empty installation. */
const NEEDS_EVENTS = ['/replay', '/delivery-attempts/retry'];

describe('The OpenAPI document', () => {
  let hookstream: Hookstream;
  let api: Client;
  let document: OpenApiDocument;
  let operations: [name: string, operation: DocumentedOperation][];

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
    document = await fetchDocument(hookstream.url);
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, DocumentedOperation] => [
        `${method} ${path}`,
        operation,
      ]),
    );
  });
  afterAll(() => hookstream.stop());

  it('is the committed one (UPDATE_OPENAPI=1 npm test -- openapi writes it)', () => {
    if (process.env.UPDATE_OPENAPI) writeFileSync(COMMITTED, `${JSON.stringify(document, null, 2)}\n`);
    expect(document).toEqual(JSON.parse(readFileSync(COMMITTED, 'utf8')));
  });

  it('groups the operations by resource, and says of each what it does', () => {
    expect(operations.length).toBeGreaterThan(20);
    const tags = new Set(document.tags.map(({ name }) => name));
    const nameless = operations.filter(
      ([, { summary, tags: own = [] }]) => !summary || own.length !== 1 || !tags.has(own[0]!),
    );
    expect(nameless).toEqual([]);
    expect(tags).toEqual(new Set(operations.flatMap(([, { tags: own }]) => own)));
  });

  it('describes every parameter and every field, each with an example', () => {
    const isComplete = ({ description, schema, ...own }: { description?: string; schema?: Schema }) =>
      Boolean(description) && ('example' in own || 'example' in (schema ?? {}));
    const parameters = operations.flatMap(([name, { parameters: own = [] }]) =>
      own.filter((parameter) => !isComplete(parameter)).map((parameter) => `${name}: ${parameter.name}`),
    );
    const fields = Object.entries(document.components.schemas).flatMap(([name, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, field]) => !isComplete(field))
        .map(([field]) => `${name}.${field}`),
    );
    expect([...parameters, ...fields]).toEqual([]);
  });

  it('describes every answer with its schema, also what all may answer', () => {
    const answers = operations.flatMap(([name, { responses }]) =>
      Object.entries(responses).map(([status, { description, content }]) => ({
        answer: `${name}: ${status}`,
        description,
        schema: content?.['application/json']?.schema?.$ref,
      })),
    );
    const incomplete = answers.filter(
      ({ answer, description, schema }) =>
        !description || (!answer.endsWith(': 204') && !schema?.startsWith('#/components/schemas/')),
    );
    expect(incomplete).toEqual([]);
    for (const [name, { responses, security, requestBody }] of operations) {
      const statuses = Object.keys(responses);
      expect({ name, statuses }).toEqual({ name, statuses: expect.arrayContaining([expect.stringMatching(/^2/)]) });
      const common = [...(security?.length === 0 ? [] : ['401', '403', '429']), ...(requestBody ? ['413'] : [])];
      expect({ name, statuses }).toEqual({ name, statuses: expect.arrayContaining(common) });
    }
  });

  it('shows a request of every operation in every language', () => {
    for (const [name, operation] of operations) {
      const curl = operation['x-codeSamples']?.[0]?.source ?? '';
      const [, path = ''] = name.split(' ');
      const segment = path.includes('{code}') ? '[A-Z0-9-]+' : EXAMPLE_ID;
      expect(curl).toMatch(new RegExp(`http://localhost:3000${path.replace(/\{\w+\}/g, segment)}'`));
      const languages = operation['x-codeSamples']?.map(({ lang }) => lang);
      expect({ name, languages }).toEqual({ name, languages: ['Shell', 'JavaScript', 'Python', 'Go'] });
    }
  });

  describe('has samples of requests', () => {
    it('that are accepted', async () => {
      const ids = { source_id: (await api.source()).id, destination_id: (await api.destination()).id };
      const creating = (await documentedOperations(hookstream.url)).filter(
        ({ method, path, sample }) => method === 'post' && sample && !path.includes('{'),
      );
      expect(creating.length).toBeGreaterThan(5);
      for (const { path, sample } of creating) {
        const known = Object.entries(ids).filter(([name]) => sample?.[name] === EXAMPLE_ID);
        const { status, body } = await api.call('post', path, { ...sample, ...Object.fromEntries(known) });
        // There is nothing yet that could be sent again.
        const expected = NEEDS_EVENTS.includes(path) ? 404 : 201;
        expect({ path, status, body: body as object }).toMatchObject({ path, status: expected });
      }
    });

    it.each([
      ['Shell', 'sh', ['-c']],
      ['JavaScript', process.execPath, ['--input-type=module', '-e']],
    ])('that run: %s', async (lang, command, options) => {
      const create = document.paths['/v1/event-types']!.post!;
      const source = create['x-codeSamples']!.find((sample) => sample.lang === lang)!.source;
      const real = source
        .replace('http://localhost:3000', hookstream.url)
        .replace('YOUR_API_KEY', hookstream.apiKey)
        .replace('invoice.paid', `invoice.${lang.toLowerCase()}`);
      const { stdout } = await run(command, [...options, real]);
      expect(stdout).toContain('event_type');
      expect(stdout).toContain(`invoice.${lang.toLowerCase()}`);
    });
  });

  it('has a playground with the samples, in which lists are not filtered by examples', async () => {
    const response = await fetch(`${hookstream.url}/docs`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('swagger-ui');
    const script = await (await fetch(`${hookstream.url}/docs/swagger-ui-init.js`)).text();
    expect(script).toContain('x-codeSamples');
    const [, json = ''] = /"swaggerDoc": (\{[^]*\}),\s*"customOptions"/.exec(script) ?? [];
    const shown = JSON.parse(json) as OpenApiDocument;
    const queries = Object.values(shown.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ parameters = [] }) => parameters.filter((parameter) => parameter.in === 'query'));
    expect(queries.length).toBeGreaterThan(20);
    expect(queries.filter(({ example, schema }) => (example ?? schema?.example) !== undefined)).toEqual([]);
  });
});
