import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#libs/crypto';
import { Database } from '#libs/database';
import { createDatabase, createTenant, type Tenant, type TestDatabase } from '#libs/testing';
import { DeadLetters, type DeadLetterScope } from '../src/replays/dead-letters.js';
import { idRange } from '../src/replays/id-range.js';
import { ReplayRows } from '../src/replays/replay-rows.js';

const DEAD_LETTERS = 20_000;

describe('Steps of a replay', () => {
  let test: TestDatabase;
  let database: Database;
  let tenant: Tenant;
  let rows: ReplayRows;
  let deadLetters: DeadLetters;
  let scope: DeadLetterScope;
  const [sourceId, destinationId, connectionId] = [newId(), newId(), newId()];

  beforeAll(async () => {
    test = await createDatabase();
    database = new Database(test.url);
    [rows, deadLetters] = [new ReplayRows(database), new DeadLetters(database)];
    tenant = await createTenant(test, 'first');
    const owner = [tenant.organizationId, tenant.environmentId];
    const columns = 'organization_id, environment_id, id, name';
    await test.query(`insert into sources (${columns}, slug) values ($1, $2, $3, 's', 's')`, [...owner, sourceId]);
    await test.query(`insert into destinations (${columns}, slug, url) values ($1, $2, $3, 'd', 'd', 'http://d')`, [
      ...owner,
      destinationId,
    ]);
    await test.query(
      `insert into connections (${columns}, source_id, destination_id) values ($1, $2, $3, 'c', $4, $5)`,
      [...owner, connectionId, sourceId, destinationId],
    );
    // Over two days, so that a step crosses partitions.
    await test.query(
      `insert into deliveries (id, environment_id, event_id, connection_id, destination_id, source_id, seq, payload_bytes,
         state, cause, attempts)
       select (left(id_floor(now() - i * interval '8 s')::text, 13) || '-8000-8000-' || lpad(to_hex(i), 12, '0'))::uuid,
         $1, gen_random_uuid(), $2, $3, $4, i, 10, 'dead', 'timeout', 6
       from generate_series(1, $5::int) i`,
      [tenant.environmentId, connectionId, destinationId, sourceId, DEAD_LETTERS],
    );
    const anything = { destinationId: null, connectionId: null, sourceId: null, cause: null };
    scope = { kind: 'retry', environmentId: tenant.environmentId, ...anything, ...idRange(0, Date.now()) };
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  async function job(kind: 'replay' | 'retry'): Promise<string> {
    const id = newId();
    await test.query(
      `insert into replays (id, organization_id, environment_id, kind, destination_id, rate_limit, total, first_id, last_id, cursor_id)
       values ($1, $2, $3, $4, $5, 10, 1, $6, $7, $6)`,
      [id, tenant.organizationId, tenant.environmentId, kind, destinationId, scope.firstId, scope.lastId],
    );
    return id;
  }
  const dead = async (filter: Partial<DeadLetterScope> = {}) =>
    (await deadLetters.count({ ...scope, ...filter })).total;

  it('let one worker have a job at a time', async () => {
    const id = await job('replay');
    await database.transaction(async (query) => {
      expect(await rows.claim(query, id)).toMatchObject({ id, kind: 'replay', status: 'running' });
      await database.transaction(async (other) => expect(await rows.claim(other, id)).toBeUndefined());
      await rows.advance(query, (await rows.claim(query, id))!, {
        processed: 1,
        skipped: 0,
        cursorId: scope.firstId,
        isExhausted: false,
      });
    });
    // The next step is not due yet.
    await database.transaction(async (query) => expect(await rows.claim(query, id)).toBeUndefined());
    expect(await rows.due()).not.toContain(id);
  });

  it('make the same deliveries when they are made twice', async () => {
    const id = await job('replay');
    const event = { id: newId(), seq: 1, source_id: sourceId, payload_bytes: 2 };
    const narrow = { method: 'POST', content_type: null, source_ip: null };
    const taken = [{ event: { ...event, ...narrow }, connectionIds: [connectionId, newId()] }];
    await database.transaction(async (query) => {
      const replay = (await rows.claim(query, id))!;
      await rows.insert(query, replay, taken);
      await rows.insert(query, replay, taken);
    });
    const made = await test.query('select state, event_id from deliveries where replay_id = $1', [id]);
    expect(made).toEqual(Array.from({ length: 2 }, () => ({ state: 'waiting', event_id: event.id })));
  });

  it('take as many of very many dead letters as they should, one after the other, and none twice', async () => {
    expect(await dead()).toBe(DEAD_LETTERS);
    expect(await dead({ destinationId, cause: 'timeout' })).toBe(DEAD_LETTERS);
    expect(await dead({ destinationId: newId() })).toBe(0);
    const id = await job('retry');
    let [cursorId, steps, retried, isExhausted] = [scope.firstId, 0, 0, false];
    while (!isExhausted) {
      const step = await database.transaction((query) => deadLetters.retry(query, id, scope, cursorId, 1500));
      expect(step.cursorId >= cursorId).toBe(true);
      if (step.retried > 0) expect(step.destinationIds).toEqual([destinationId]);
      ({ cursorId, isExhausted } = step);
      [steps, retried] = [steps + 1, retried + step.retried];
    }
    expect({ steps, retried }).toEqual({ steps: Math.ceil(DEAD_LETTERS / 1500), retried: DEAD_LETTERS });
    const states = await test.query(
      `select state, attempts_before, trigger_type, count(*)::int from deliveries where replay_id = $1 group by 1, 2, 3`,
      [id],
    );
    expect(states).toEqual([{ state: 'waiting', attempts_before: 6, trigger_type: 'manual', count: DEAD_LETTERS }]);

    // What fails again is the job's as long as it runs.
    await test.query(`update deliveries set state = 'dead' where replay_id = $1`, [id]);
    expect(await dead()).toBe(0);
    await test.query(`update replays set status = 'completed' where id = $1`, [id]);
    expect(await dead()).toBe(DEAD_LETTERS);
  });

  it('do not happen when their transaction fails', async () => {
    const id = await job('retry');
    const failing = database.transaction(async (query) => {
      await deadLetters.retry(query, id, scope, scope.firstId, 10);
      throw new Error('the worker stumbles');
    });
    await expect(failing).rejects.toThrow('the worker stumbles');
    expect(await dead()).toBe(DEAD_LETTERS);
  });
});
