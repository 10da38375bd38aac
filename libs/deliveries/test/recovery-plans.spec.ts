import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { newId } from '#libs/crypto';
import { Database, HOT_PATH_SETTINGS, type Query } from '#libs/database';
import { createDatabase, createTenant, type Tenant, type TestDatabase } from '#libs/testing';
import { ATTEMPTS_AT_ENDPOINT, ATTEMPTS_OF_MESSAGE } from '../src/message-deliveries.service.js';
import { DeadLetters } from '../src/replays/dead-letters.js';
import { idRange } from '../src/replays/id-range.js';
import { DELIVERED, KEPT, MESSAGES } from '../src/replays/missing-messages.js';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

const SENT = 100_000;
const LAST_ID = 'f'.repeat(32);

describe('Statements about the messages of one endpoint among very many', () => {
  let test: TestDatabase;
  let database: Database;
  let client: pg.Client;
  let tenant: Tenant;
  const [applicationId, endpointId, otherEndpointId] = [newId(), newId(), newId()];

  beforeAll(async () => {
    test = await createDatabase();
    database = new Database(test.url);
    client = new pg.Client({ connectionString: test.url, options: HOT_PATH_SETTINGS });
    await client.connect();
    tenant = await createTenant(test, 'first');
    const owner = [tenant.organizationId, tenant.environmentId];
    await client.query(
      `insert into applications (organization_id, environment_id, id, name, uid) values ($1, $2, $3, 'a', 'a')`,
      [...owner, applicationId],
    );
    await client.query(
      `insert into endpoints (organization_id, environment_id, id, application_id, url, signing_secret)
       values ($1, $2, $3, $4, '', '')`,
      [...owner, endpointId, applicationId],
    );
    // Over two days, hence partitions. Planned as in a fresh installation: nothing is known of the tables.
    await client.query(
      `insert into events (id, seq, organization_id, environment_id, source_id, method, payload_bytes, verification_status,
         event_type)
       select (left(id_floor(now() - n * interval '1 s')::text, 13) || '-8000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, n,
         $1, $2, $3, 'POST', 2, 'skipped', 'a.b'
       from generate_series(1, $4::int) n`,
      [...owner, applicationId, SENT],
    );
    await client.query(
      `insert into event_payloads (event_id, headers, query, body_text) select id, '{}', '', '{}' from events`,
    );
    await client.query(
      `insert into deliveries (id, environment_id, event_id, connection_id, destination_id, source_id, seq, payload_bytes,
         state)
       select id, environment_id, id, $1, $1, source_id, seq, 2, case seq % 4 when 0 then 'dead' when 1 then 'cancelled' else 'delivered' end
       from events`,
      [endpointId],
    );
    await client.query(
      `insert into delivery_attempts (delivery_id, number, id, environment_id, event_id, connection_id, destination_id,
         status, request_url, request_method, request_body_bytes, trigger_type)
       select d.id, 1, d.id, d.environment_id, d.event_id, e.id, e.id,
         case when seq % 1000 = 0 then 'failed' else 'success' end, '', 'POST', 2, 'event'
       from deliveries d, lateral (select case when seq % 2 = 0 then $1::uuid else $2::uuid end as id) e`,
      [endpointId, otherEndpointId],
    );
  }, 120_000);
  afterAll(async () => {
    await client.end();
    await database.close();
    await test.drop();
  });

  /** Runs it as the product does, prepared and with one plan for any arguments. @returns the nodes of its plan */
  async function run(statement: string, values: unknown[]): Promise<Plan[]> {
    await client.query(`prepare it as ${statement}`);
    const list = values.map((value) => pg.escapeLiteral(String(value))).join(', ');
    const result = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, format json) execute it(${list})`,
    );
    await client.query('deallocate it');
    const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
    return nodes(result.rows[0]!['QUERY PLAN'][0].Plan);
  }

  /** No scan of a table, nothing sorted or hashed, and no more rows looked at than a few for each that was found. */
  function expectLookups(nodes: Plan[], rows: number): void {
    const scans = nodes.filter(
      (node) =>
        /^(event|deliver)/.test(node['Relation Name'] ?? '') &&
        node['Node Type'] !== 'ModifyTable' &&
        node['Actual Loops'] > 0,
    );
    expect(scans.length).toBeGreaterThan(0);
    expect(scans.filter((node) => !/^Index/.test(node['Node Type']))).toEqual([]);
    const looked = (node: Plan) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
    const large = nodes.filter((node) => scans.includes(node) || /Hash|Sort/.test(node['Node Type']));
    expect(large.filter((node) => looked(node) > rows * 3 + 10)).toEqual([]);
  }

  async function newest(count: number): Promise<string[]> {
    const rows = await test.query<{ id: string }>(`select id from events order by id desc limit ${count}`);
    return rows.map(({ id }) => id).sort();
  }

  it.each([
    ['all', ATTEMPTS_AT_ENDPOINT.all, []],
    ['those that succeeded', ATTEMPTS_AT_ENDPOINT.success, []],
    ['those that failed', ATTEMPTS_AT_ENDPOINT.other, ['failed']],
  ])('list attempts at an endpoint: %s', async (_, statement, status) => {
    const nodes = await run(statement, [endpointId, tenant.environmentId, LAST_ID, 51, ...status]);
    expect(nodes[0]).toMatchObject({ 'Actual Rows': 51 });
    expectLookups(nodes, 51);
  });

  it('list attempts of a message', async () => {
    const [id] = await newest(1);
    const nodes = await run(ATTEMPTS_OF_MESSAGE.all, [id, tenant.environmentId, LAST_ID, 51]);
    expect(nodes[0]).toMatchObject({ 'Actual Rows': 1 });
    expectLookups(nodes, 1);
  });

  it('find the next messages, and what became of some', async () => {
    const { firstId, lastId } = idRange(0, Date.now() + 1000);
    const [from, to] = [new Date(0), new Date(Date.now() + 1000)].map((time) => time.toISOString());
    const next = await run(MESSAGES, [applicationId, firstId, lastId, from, to, tenant.environmentId, 100]);
    expect(next[0]).toMatchObject({ 'Actual Rows': 100 });
    expectLookups(next, 100);
    const ids = await newest(100);
    for (const statement of [DELIVERED, KEPT]) {
      const nodes = await run(statement, [`{${ids.join(',')}}`, ids[0], ids.at(-1)]);
      expect(nodes[0]).toMatchObject({ 'Actual Rows': 100 });
      expectLookups(nodes, 100);
    }
  });

  it('send dead letters of an endpoint again', async () => {
    const deadLetters = new DeadLetters(database);
    const scope = {
      ...{ kind: 'recover' as const, environmentId: tenant.environmentId, destinationId: endpointId },
      ...{ connectionId: null, sourceId: applicationId, cause: null },
      ...idRange(0, Date.now()),
    };
    expect(await deadLetters.count(scope)).toEqual({ total: SENT / 4, isEstimate: false });
    let plan: Plan[] = [];
    const explain: Query = async (_, text, values = []) => {
      plan = await run(text, values);
      return [];
    };
    await deadLetters.retry(explain, newId(), scope, scope.firstId, 100);
    expectLookups(plan, 100);
    expect((await deadLetters.count(scope)).total).toBe(SENT / 4 - 100);
  });
});
