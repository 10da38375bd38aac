import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { booleans, bytes, Database, int2s, int4s, int8s, texts, timestamps, uuids } from '#libs/database';
import { createDatabase, type TestDatabase } from '#libs/testing';

const ID = '0190a1b2c3d47e5f8a9b0c1d2e3f4a5b';

describe('Binary arrays', () => {
  let test: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    test = await createDatabase();
    database = new Database(test.url);
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  it.each([
    ['uuid', uuids, [ID, null, 'f'.repeat(32)]],
    ['text', texts, ['', 'é\u{1f600}', null, 'x'.repeat(70_000)]],
    ['bytea', bytes, [Buffer.alloc(0), null, Buffer.from([0, 255, 128])]],
    ['smallint', int2s, [-32768, null, 32767]],
    ['int', int4s, [-2147483648, null, 2147483647]],
    ['bigint', int8s, [-(2 ** 53), null, 2 ** 53]],
    ['boolean', booleans, [true, false, null]],
    ['timestamptz', timestamps, [new Date('1969-07-20T20:17:40.123Z'), null, new Date('2026-11-21T12:00:00.999Z')]],
    ['text', texts, []],
  ] as [string, (values: unknown[]) => Buffer, unknown[]][])(
    'of %s arrive as they are',
    async (type, encode, values) => {
      const rows = await database.query<{ value: unknown }>(
        `echo_${type}`,
        `select value from unnest($1::${type}[]) value`,
        [encode(values)],
      );
      expect(rows.map(({ value }) => value)).toEqual(values);
    },
  );
});
