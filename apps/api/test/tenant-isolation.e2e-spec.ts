import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hookstream, type Receiver, startHookstream, startReceiver, tableDigests } from '#libs/testing';
import { Client, expectError } from './client.js';
import { type ApiOperation, documentedOperations } from './openapi-document.js';
import { makeThings, type Things } from './things.js';

/** Public: whoever knows the id of a source may send to it, whoever knows a device code may ask what became of it. */
const EXEMPT = ['/ingest/{source_id}', '/cli/auth/{code}'];

/** Finds its thing, and then no worker. */
const NEEDS_WORKER = '/destinations/{id}/test';

/** Deletions last. */
const ORDER = ['get', 'post', 'put', 'patch', 'delete'];

describe('Another tenant', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let api: Client;
  let operations: ApiOperation[];
  /** The first tenant's. */
  let things: Things;

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
      .map(({ method, path, sample }) => ({ method, path, real: things.pathOf(path), body: sample }))
      .sort(
        (a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method) || things.madeAs(b.path) - things.madeAs(a.path),
      );

  it('finds none of the things, and changes nothing', async () => {
    const before = await tableDigests(hookstream.database);
    for (const { method, path, real, body } of onThings()) {
      const response = await api.call(method, real, body, hookstream.secondTenantKey);
      expect({ method, path, status: response.status }).toEqual({ method, path, status: 404 });
      expectError(response, 404, expect.stringMatching(/ not found$/));
      expect({ method, path, tables: await tableDigests(hookstream.database) }).toEqual({
        method,
        path,
        tables: before,
      });
    }
    expect(onThings().length).toBeGreaterThan(20);
  });

  it('sees none of them in lists', async () => {
    for (const { method, path } of operations) {
      if (method !== 'get' || path.includes('{')) continue;
      const { status, text } = await api.call('get', path, undefined, hookstream.secondTenantKey);
      expect({ path, status, seen: things.ids.filter((id) => text.includes(id)) }).toEqual({
        path,
        status: 200,
        seen: [],
      });
    }
  });

  it('is the only one who does not: their owner finds all of them', async () => {
    for (const { method, path, real, body } of onThings()) {
      const { ok, text } = await api.call(method, real, body);
      const isFound = ok || (path === NEEDS_WORKER && text.includes('No worker took the test'));
      expect({ method, path, refused: isFound ? null : text }).toEqual({ method, path, refused: null });
    }
  });
});
