import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#libs/crypto';
import { Database } from '#libs/database';
import { createDatabase, createTenant, type TestDatabase } from '#libs/testing';
import { ROLL_UP } from '../src/roll-up-statement.js';

describe('The statistics of an endpoint', () => {
  let test: TestDatabase;
  let database: Database;
  const endpointId = newId();

  beforeAll(async () => {
    test = await createDatabase();
    database = new Database(test.url);
    const { organizationId, environmentId } = await createTenant(test, 'first');
    const owner = [organizationId, environmentId, newId()];
    await test.query(
      `insert into applications (organization_id, environment_id, id, name, uid) values ($1, $2, $3, 'a', 'a')`,
      owner,
    );
    await test.query(
      `insert into endpoints (organization_id, environment_id, application_id, id, url, signing_secret)
       values ($1, $2, $3, $4, '', '')`,
      [...owner, endpointId],
    );
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  /** Counts as attempts do, at so many minutes after an hour. @returns whether it has only failed for a day */
  async function count(...deltas: [minute: number, succeeded: number, failed: number | null][]): Promise<boolean> {
    for (const [minute, succeeded, failed] of deltas) {
      await test.query(
        `insert into counter_deltas (subject_id, count, last_at, failed, timed_out, errored, given_up)
         values ($1, $2, timestamptz '2026-03-01T12:00Z' + $3 * interval '1 minute', $4, $5, $5, $5)`,
        [endpointId, succeeded, minute, failed, failed === null ? null : 0],
      );
    }
    return (await database.query('roll_up', ROLL_UP, [1])).length > 0;
  }

  async function stats(): Promise<object> {
    const [row] = await test.query(
      `select succeeded::int, failed::int, (extract(epoch from failing_since - '2026-03-01T12:00Z') / 60)::int as failing
       from endpoint_stats`,
    );
    return row ?? {};
  }

  it('are added up, and know the first failure since the last success', async () => {
    expect(await count([1, 2, null], [2, 1, null])).toBe(false);
    expect(await stats()).toEqual({ succeeded: 3, failed: 0, failing: null });
    expect(await count([3, 0, 1], [4, 0, 2])).toBe(true);
    expect(await stats()).toEqual({ succeeded: 3, failed: 3, failing: 3 });
    expect(await count([5, 0, 1])).toBe(true);
    expect(await stats()).toEqual({ succeeded: 3, failed: 4, failing: 3 });
    expect(await count()).toBe(false);
    expect(await count([6, 1, null], [7, 0, 1], [8, 0, 1])).toBe(true);
    expect(await stats()).toEqual({ succeeded: 4, failed: 6, failing: 7 });
    expect(await count([9, 0, 1], [10, 1, null])).toBe(false);
    expect(await stats()).toEqual({ succeeded: 5, failed: 7, failing: null });
    // In one write.
    expect(await count([11, 0, 1], [11, 1, null])).toBe(false);
    expect(await stats()).toEqual({ succeeded: 6, failed: 8, failing: null });
  });

  it('are of no use for an endpoint that is gone', async () => {
    await test.query('delete from endpoints');
    expect(await count([12, 0, 1])).toBe(false);
    expect(await test.query('select from endpoint_stats')).toEqual([]);
    expect(await test.query('select from counter_deltas')).toEqual([]);
  });
});
