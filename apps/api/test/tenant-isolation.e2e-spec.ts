import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  type Hookstream,
  type Receiver,
  startHookstream,
  startReceiver,
  tableDigests,
} from '#libs/testing';
import { Client, expectError, type View } from './client.js';
import { type ApiOperation, documentedOperations, exampleBody } from './openapi-document.js';

/** Public: whoever knows the id of a source may send to it. */
const EXEMPT = ['/ingest/{source_id}'];

/** Deletions last. */
const ORDER = ['get', 'post', 'put', 'patch', 'delete'];

describe('Another tenant', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let api: Client;
  let operations: ApiOperation[];
  /** The first tenant's: the path of a thing as documented, and the values of its parameters. */
  let things: Map<string, Record<string, string>>;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([startHookstream(), startReceiver()]);
    api = new Client(hookstream, receiver.url);
    operations = await documentedOperations(hookstream.url);
    things = await makeThings(api);
    // Nothing may change by itself any more.
    await Promise.all(hookstream.workers.map((worker) => worker.kill('SIGTERM')));
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  /** The operations on single things, each with the first tenant's thing. */
  const onThings = () =>
    operations
      .filter(({ path }) => path.includes('{') && !EXEMPT.includes(path))
      .map(({ method, path, body }) => ({ method, path, real: realPath(path), body: body && exampleBody(body) }))
      .sort((a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method) || made(b.path) - made(a.path));

  /** What was made last, is deleted first: it may go with what was made before. */
  const made = (path: string) => [...things.keys()].indexOf(path);

  function realPath(path: string): string {
    const matching = [...things.keys()].filter((prefix) => path === prefix || path.startsWith(`${prefix}/`));
    const longest = matching.sort((a, b) => b.length - a.length)[0];
    if (!longest) throw new Error(`makeThings makes nothing for ${path}: add what lives there, or exempt it by name`);
    return path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = things.get(longest)?.[name];
      if (!value) throw new Error(`makeThings gives no {${name}} for ${path}`);
      return value;
    });
  }

  it('finds none of the things, and changes nothing', async () => {
    const before = await tableDigests(hookstream.database);
    for (const { method, path, real, body } of onThings()) {
      const response = await api.call(method, real, body, hookstream.secondTenantKey);
      expect({ method, path, status: response.status }).toEqual({ method, path, status: 404 });
      expectError(response, 404, expect.stringMatching(/ not found\.$/));
      expect({ method, path, tables: await tableDigests(hookstream.database) }).toEqual({
        method,
        path,
        tables: before,
      });
    }
    expect(onThings().length).toBeGreaterThan(20);
  });

  it('sees none of them in lists', async () => {
    const ids = [...things.values()].flatMap((parameters) => Object.values(parameters));
    for (const { method, path } of operations) {
      if (method !== 'get' || path.includes('{')) continue;
      const { status, text } = await api.call('get', path, undefined, hookstream.secondTenantKey);
      expect({ path, status, seen: ids.filter((id) => text.includes(id)) }).toEqual({ path, status: 200, seen: [] });
    }
  });

  it('is the only one who does not: their owner finds all of them', async () => {
    for (const { method, path, real, body } of onThings()) {
      const { ok, text } = await api.call(method, real, body);
      expect({ method, path, refused: ok ? null : text }).toEqual({ method, path, refused: null });
    }
  });
});

/** Something at every documented path with an id, in the order it is made. */
async function makeThings(api: Client): Promise<Map<string, Record<string, string>>> {
  const [source, destination, application, eventType] = await Promise.all([
    api.source(),
    api.destination(),
    api.application(),
    api.eventType(),
  ]);
  const connection = await api.connection(source.id, destination.id);
  const endpoint = await api.endpoint(application.id);
  const { event_id } = (await api.call('post', `/ingest/${source.id}`, {})).body as { event_id: string };
  const attempt = await eventually(async (): Promise<View> => {
    const [first] = await api.list('/delivery-attempts?status=success');
    expect(first).toBeDefined();
    return first!;
  });
  return new Map<string, Record<string, string>>([
    ['/sources/{id}', { id: source.id }],
    ['/destinations/{id}', { id: destination.id }],
    ['/connections/{id}', { id: connection.id }],
    ['/events/{id}', { id: event_id }],
    ['/delivery-attempts/{id}', { id: attempt.id }],
    ['/applications/{id}', { id: application.id }],
    ['/applications/{appId}/endpoints', { appId: application.id }],
    ['/applications/{appId}/endpoints/{id}', { appId: application.id, id: endpoint.id }],
    ['/event-types/{id}', { id: eventType.id }],
  ]);
}
