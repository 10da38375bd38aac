import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { HOT_PATH_SETTINGS } from '#libs/database';
import { createDatabase, type TestDatabase } from '#libs/testing';
import { CANCELLATIONS } from '../src/cancellation-statements.js';
import { RECORD } from '../src/attempt-writer.js';
import { LOAD_QUEUED } from '../src/delivery-rows.js';
import { REMOVE_EXPIRED } from '../src/payload-removal-statements.js';
import { CLAIM, HEADS } from '../src/refill-statements.js';
import { QUEUED_ROWS, WAITING_DESTINATIONS } from '../src/sweep-statements.js';

interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

const ROWS = 200_000;
/** Destination 1 has half of the rows, a thousand others share the rest. */
const id = (number: number) => number.toString(16).padStart(32, '0');
const others = Array.from({ length: 1000 }, (_, n) => id(2 + n));
const array = (values: (string | number)[]) => `{${values.join(',')}}`;

describe('Statements that look for deliveries among very many', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createDatabase();
    client = new pg.Client({ connectionString: database.url, options: HOT_PATH_SETTINGS });
    await client.connect();
    // Planned as in a fresh installation: nothing is known of the table.
    await client.query(
      `insert into deliveries (id, environment_id, event_id, connection_id, destination_id, source_id, seq, payload_bytes,
         state, admitted_at)
       select (left(id_floor(now())::text, 13) || '-8000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $2, $2, $2,
         lpad(to_hex(case when n % 2 = 0 then 1 else 2 + (n / 2) % 1000 end), 32, '0')::uuid, $2, n, 100,
         case when n <= 2000 then 'queued' else 'waiting' end, now() - interval '1 hour'
       from generate_series(1, $1::int) n`,
      [ROWS, id(7)],
    );
  }, 120_000);
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  /** Runs it as the product does, prepared and with one plan for any arguments. @returns the nodes of its plan */
  async function run(statement: string, ...values: string[]): Promise<Plan[]> {
    await client.query(`prepare it as ${statement}`);
    const execute = `execute it${values.length > 0 ? `(${values.map((value) => `'${value}'`).join(', ')})` : ''}`;
    const result = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (analyze, format json) ${execute}`);
    await client.query('deallocate it');
    const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
    return nodes(result.rows[0]!['QUERY PLAN'][0].Plan);
  }

  /** No scan or hash of a table, and no more rows looked at than a few for each that was found. */
  function expectLookups(nodes: Plan[], rows: number): void {
    const scans = nodes.filter(
      (node) => /deliveries/.test(node['Relation Name'] ?? '') && node['Node Type'] !== 'ModifyTable',
    );
    expect(scans.filter((node) => !/^Index/.test(node['Node Type']))).toEqual([]);
    expect(nodes.filter((node) => /Hash|Sort/.test(node['Node Type']) && node['Actual Rows'] > rows * 3)).toEqual([]);
    const looked = (node: Plan) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
    for (const node of scans) expect(looked(node)).toBeLessThanOrEqual(rows * 3 + 10);
  }

  it('claim waiting deliveries of one destination', async () => {
    const nodes = await run(CLAIM, array([id(1)]), array([100]), array([0]));
    expectLookups(nodes, 100);
    expect(nodes[0]).toMatchObject({ 'Node Type': 'ModifyTable', 'Actual Rows': 100 });
  });

  it('claim waiting deliveries of a thousand destinations', async () => {
    const nodes = await run(CLAIM, array(others), array(others.map(() => 1)), array(others.map(() => 0)));
    expectLookups(nodes, 1000);
    expect(nodes[0]).toMatchObject({ 'Actual Rows': 1000 });
  });

  it('find the head of ordered destinations', async () => {
    expectLookups(await run(HEADS, array([id(1), ...others.slice(0, 9)])), 10);
  });

  it('find destinations that are waited for, and what has been queued for long', async () => {
    expectLookups(await run(WAITING_DESTINATIONS), 1001);
    expectLookups(await run(QUEUED_ROWS, '60', '1000'), 2000);
  });

  it('look up the state of one target for each delivery, be it a destination or an endpoint', async () => {
    await client.query(`
      insert into organizations (id, name, slug) values ('${id(7)}', 'o', 'o');
      insert into environments (id, organization_id, name, slug) values ('${id(7)}', '${id(7)}', 'e', 'e');
      insert into applications (id, organization_id, environment_id, name, uid)
        select lpad(to_hex(n), 32, '0')::uuid, '${id(7)}', '${id(7)}', 'a', 'a' || n from generate_series(1, 1000) n;
      insert into endpoints (id, organization_id, environment_id, application_id, url, signing_secret)
        select lpad(to_hex(n), 32, '0')::uuid, '${id(7)}', '${id(7)}', lpad(to_hex(1 + n % 1000), 32, '0')::uuid, '', ''
        from generate_series(1, 5000) n;`);
    const { rows } = await client.query<{ id: string }>(`select id from deliveries where state = 'queued' limit 100`);
    const ids = rows.map((row) => row.id).sort();
    const nodes = await run(LOAD_QUEUED, array(ids), ids[0] ?? '', ids.at(-1) ?? '');
    expect(nodes[0]).toMatchObject({ 'Actual Rows': 100 });
    const tables = nodes.filter((node) => /^(destinations|endpoints|applications)$/.test(node['Relation Name'] ?? ''));
    expect(tables.length).toBeGreaterThan(2);
    for (const node of tables) {
      expect(node['Node Type']).toMatch(/^Index/);
      expect(node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)).toBeLessThanOrEqual(1);
    }
  });

  it.each<[state: string, status: string, attemptsBefore: number]>([
    ['dead', 'failed', 0],
    ['delivered', 'success', 1],
  ])('look up what is told of each message that became %s', async (state, status, attemptsBefore) => {
    await client.query(`update applications set operational = true where id = '${id(3)}'`);
    const { rows } = await client.query<{ id: string; destination_id: string }>(
      `update deliveries set attempts = $1, attempts_before = $1
       where id = any(array(select id from deliveries where state = 'queued' and destination_id <> $2 limit 100))
       returning id, destination_id`,
      [attemptsBefore, id(1)],
    );
    const each = (value: (row: { id: string; destination_id: string }, index: number) => string | number) =>
      array(rows.map(value));
    const nothing = each(() => 'null');
    const targets = each((row) => row.destination_id);
    const ids = rows.map((row) => row.id).sort();
    const nodes = await run(
      RECORD,
      ...[each((row) => row.id), each(() => attemptsBefore + 1), each((_, index) => id(1_000_000 + index))],
      ...[each(() => id(7)), each((row) => row.id), targets, targets, each(() => status), nothing, nothing],
      ...[each(() => 'url'), each(() => 'POST'), nothing, each(() => 1), nothing, nothing, nothing, nothing],
      ...[each(() => 'event'), each(() => '2026-03-01T12:00Z'), each(() => state), nothing],
      ...[each(() => String(state === 'dead')), ids[0] ?? '', ids.at(-1) ?? ''],
    );
    expect(nodes[0]).toMatchObject({ 'Actual Rows': 100 });
    const looked = nodes.filter(
      (node) =>
        node['Node Type'] !== 'ModifyTable' &&
        /^(endpoints|applications|events_|delivery_attempts_)/.test(node['Relation Name'] ?? ''),
    );
    expect(looked.length).toBeGreaterThan(3);
    for (const node of looked) {
      expect(node['Node Type']).toMatch(/^Index/);
      expect(node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)).toBeLessThanOrEqual(1);
    }
  });

  it.each(CANCELLATIONS.map(({ name, text }) => [name, text]))(
    'cancel deliveries of one destination: %s',
    async (_, text) => {
      await client.query(`insert into cancellations (destination_id, cause) values ($1, 'x') on conflict do nothing`, [
        id(1),
      ]);
      expectLookups(await run(text, id(1), 'destination_deleted', '1000'), 1000);
    },
  );

  it('cancel deliveries of messages whose payloads are removed', async () => {
    const messages = `select (left(id_floor(now() - n * interval '1 second')::text, 13) || '-7000-8000-000000000000')::uuid as id
      from generate_series(1, 500) n`;
    await client.query(
      `insert into deliveries (id, environment_id, event_id, connection_id, destination_id, source_id, seq, payload_bytes,
         state, next_retry_at)
       select (left(m.id::text, 13) || '-8000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, m.id, $1, $1, $1, 1, 1,
         'retrying', now() + interval '1 hour'
       from (${messages}) m cross join generate_series(1, 2) n`,
      [id(7)],
    );
    const { rows } = await client.query<{ id: string }>(`select distinct event_id as id from deliveries
      where state = 'retrying' and next_retry_at > now() order by 1`);
    const ids = rows.map((row) => row.id);
    const nodes = await run(REMOVE_EXPIRED, array(ids), 'event_expired', ids[0] ?? '', ids.at(-1) ?? '');
    expect(ids).toHaveLength(500);
    expectLookups(nodes, 1000);
    const { rows: left } = await client.query(`select from deliveries where state = 'retrying'`);
    expect(left).toEqual([]);
  });
});
