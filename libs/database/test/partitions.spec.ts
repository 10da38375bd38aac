import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#libs/crypto';
import { createDatabase, type TestDatabase } from '#libs/testing';

const TABLES = ['events', 'event_payloads', 'deliveries', 'delivery_attempts'];

describe('Partitions', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  const partitions = async (table: string) =>
    (
      await database.query<{ name: string }>(
        `select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1`,
        [table],
      )
    ).map(({ name }) => name);

  it.each(TABLES)('of %s exist from yesterday for a week ahead, with one for everything else', async (table) => {
    expect(await partitions(table)).toHaveLength(10);
  });

  it('are made once, whoever asks', async () => {
    const create = () => database.query('select create_partitions(current_date, 30)');
    await Promise.all([create(), create()]);
    expect(await partitions('events')).toHaveLength(1 + 1 + 30);
  });

  it('take the ids of their day', async () => {
    const { rows } = {
      rows: await database.query(
        `insert into event_payloads (event_id, headers, query) values ($1, '{}', '') returning tableoid::regclass::text as partition`,
        [newId()],
      ),
    };
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    expect(rows[0]?.partition).toBe(`event_payloads_${today}`);
  });
});
