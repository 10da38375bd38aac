import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Hookstream, type Receiver, startHookstream, startReceiver, tableDigests } from '#libs/testing';
import { Client } from './client.js';
import { hostileBody } from './hostile-json.js';
import { type ApiOperation, documentedOperations } from './openapi-document.js';
import { makeThings, type Things } from './things.js';

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** All operations together. */
const BUDGET_MS = 1000 * Number(process.env.FUZZ_SECONDS ?? 20);
/** For one operation: a body takes a few milliseconds at best, and the time ends most runs earlier. */
const MAX_BODIES = BUDGET_MS / 50;
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

describe(`Hostile input (repeat with FUZZ_SEED=${SEED}, search longer with FUZZ_SECONDS)`, () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let things: Things;
  let operations: ApiOperation[];

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([startHookstream(), startReceiver()]);
    things = await makeThings(new Client(hookstream, receiver.url));
    // Nothing may change by itself any more.
    await Promise.all(hookstream.workers.map((worker) => worker.kill('SIGTERM')));
    operations = await documentedOperations(hookstream.url);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  async function send({ method, path }: Pick<ApiOperation, 'method' | 'path'>, body?: string): Promise<Answer> {
    const response = await fetch(`${hookstream.url}/v1${path}`, {
      method: method.toUpperCase(),
      headers: { 'X-API-Key': hookstream.apiKey, 'Content-Type': 'application/json' },
      body,
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  /** Removes what has been made, if there is an operation for that: its name is free again. */
  async function remove({ path }: ApiOperation, { body }: Answer): Promise<void> {
    const [made] = Object.values(body) as { id?: string }[];
    const isRemovable = operations.some((other) => other.method === 'delete' && other.path === `${path}/{id}`);
    if (!isRemovable || !made?.id) return;
    const removed = await send({ method: 'delete', path: `${things.pathOf(path)}/${made.id}` });
    expect(removed).toEqual({ status: 200, body: { success: true } });
  }

  it(
    'never makes the api fail, and changes nothing when it is refused',
    async () => {
      // Ingest takes any body as it is.
      const withBody = operations.filter(({ body, path }) => body && !path.startsWith('/ingest/'));
      expect(withBody.length).toBeGreaterThan(8);
      const real = {
        url: receiver.url,
        source_id: things.idAt('/sources/{id}'),
        destination_id: things.idAt('/destinations/{id}'),
      };
      const answers = { accepted: 0, refused: 0 };
      for (const operation of withBody) {
        const path = things.pathOf(operation.path);
        const deadline = performance.now() + BUDGET_MS / withBody.length;
        let tables = await tableDigests(hookstream.database);
        const property = fc.asyncProperty(hostileBody(operation.body!, real), async (body) => {
          // Not fast-check's own time limit, which leaves a request running.
          if (performance.now() > deadline) return;
          const answer = await send({ ...operation, path }, body);
          answers[answer.status < 300 ? 'accepted' : 'refused'] += 1;
          if (answer.status < 300) {
            if (operation.method === 'post') await remove(operation, answer);
            tables = await tableDigests(hookstream.database);
            return;
          }
          expect(answer).toMatchObject({ body: { error: expect.any(String), status: answer.status } });
          expect(answer.status).toBeLessThan(500);
          expect(await tableDigests(hookstream.database)).toEqual(tables);
        });
        await fc.assert(property, { seed: SEED, numRuns: MAX_BODIES });
      }
      // Both happen, or the bodies are no test.
      expect(answers.accepted).toBeGreaterThan(0);
      expect(answers.refused).toBeGreaterThan(0);
      expect(hookstream.api.log()).not.toContain('request failed');
    },
    3 * BUDGET_MS,
  );
});
