import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hookstream, startApi, tableDigests } from '#libs/testing';
import { Client, expectError, NOBODY, type View } from './client.js';

const WINDOW = { from: '2026-01-01', to: '2026-01-02T00:00:00Z' };

describe('Replay', () => {
  let hookstream: Hookstream;
  let api: Client;
  let source: View, destination: View, connection: View;

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
    [source, destination] = await Promise.all([api.source(), api.destination()]);
    connection = await api.connection(source.id, destination.id);
  });
  afterAll(() => hookstream.stop());

  const post = (fields: object, path = '/replay', key?: string) => api.call('post', path, fields, key);
  /** An event that has been routed. */
  async function event(body: object): Promise<string> {
    const { event_id } = (await post(body, `/ingest/${source.id}`)).body as { event_id: string };
    await hookstream.database.query('delete from unrouted_events where event_id = $1', [event_id]);
    return event_id;
  }

  it.each([
    ['destination_id', 'is required', { destination_id: undefined }],
    ['from', 'is required', { from: undefined }],
    ['to', 'must be a date or time in ISO 8601, such as 2026-03-01T12:00:00Z', { to: 'soon' }],
    ['to', 'must be after from', { to: WINDOW.from }],
    ['from', 'must not be before 1970', { from: '1969-12-31' }],
    ['rate_limit', 'must not be greater than 100', { rate_limit: 101 }],
    ['rate_limit', 'must not be less than 1', { rate_limit: 0 }],
    ['max_events', 'must not be greater than 10000', { max_events: 10_001 }],
    ['dry_run', 'must be true or false', { dry_run: 'yes' }],
    ['filter', 'must be an array of rules, or a rule', { filter: 'all' }],
    ['filter[0].op', 'is required', { filter: { field: 'method', value: 'GET' } }],
    ['speed', 'is not a known field', { speed: 1 }],
  ])('refuses %s: %s', async (field, message, fields) => {
    const response = await post({ destination_id: destination.id, ...WINDOW, ...fields });
    expectError(response, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });

  it('refuses a connection between other ends, and a disabled destination', async () => {
    const other = await api.connection((await api.source()).id, (await api.destination()).id);
    const body = { destination_id: destination.id, ...WINDOW };
    expect(await post({ ...body, connection_id: other.id })).toMatchObject({ status: 400 });
    expect(await post({ ...body, connection_id: connection.id, source_id: (await api.source()).id })).toMatchObject({
      body: { error: "Invalid body: 'connection_id' does not start at source_id" },
    });
    const disabled = await api.destination();
    await api.call('patch', `/destinations/${disabled.id}`, { status: 'disabled' });
    expectError(
      await post({ ...body, destination_id: disabled.id }),
      400,
      "Invalid body: 'destination_id' is disabled",
      [{ field: 'destination_id', message: 'is disabled' }],
    );
  });

  it.each([
    ['destination_id', 'Destination not found'],
    ['source_id', 'Source not found'],
    ['connection_id', 'Connection not found'],
  ])('does not find a %s of nobody or of another tenant', async (field, sentence) => {
    const own = { destination_id: destination.id, source_id: source.id, connection_id: connection.id };
    for (const dry_run of [true, false]) {
      expectError(await post({ ...own, ...WINDOW, dry_run, [field]: NOBODY }), 404, sentence);
      expectError(await post({ [field]: NOBODY, dry_run }, '/delivery-attempts/retry'), 404, sentence);
      const foreign = { [field]: own[field as 'source_id'], dry_run };
      expectError(await post(foreign, '/delivery-attempts/retry', hookstream.secondTenantKey), 404, sentence);
    }
    expectError(await post({ ...own, ...WINDOW }, '/replay', hookstream.secondTenantKey), 404, 'Destination not found');
  });

  it('finds nothing to do where there is nothing', async () => {
    expectError(await post({ destination_id: destination.id, ...WINDOW }), 404, 'Events not found');
    expectError(await post({}, '/delivery-attempts/retry'), 404, 'Dead letters not found');
  });

  it('counts without making anything', async () => {
    const before = Date.now();
    for (const n of [1, 2, 3]) await event({ n });
    // One that is not routed yet is left out.
    await post({ n: 4 }, `/ingest/${source.id}`);
    const body = {
      destination_id: `dst_${destination.id}`,
      from: new Date(before - 1000).toISOString(),
      to: '2999-01-01',
      dry_run: 1,
    };
    const tables = await tableDigests(hookstream.database);
    const size = async (fields: object = {}) => (await post({ ...body, ...fields })).body as object;
    expect(await size()).toEqual({ total: 3, total_is_estimate: 0 });
    expect(await size({ filter: '[{"field":"body.n","operator":"gt","value":1}]' })).toMatchObject({ total: 2 });
    expect(await size({ max_events: 1 })).toMatchObject({ total: 1 });
    expect(await size({ to: new Date(before).toISOString() })).toMatchObject({ total: 0 });
    expect((await post(body)).status).toBe(200);
    expect(await tableDigests(hookstream.database)).toEqual(tables);
  });

  it('estimates when filters would have to look at too many events', async () => {
    const [many, target] = [await api.source(), await api.destination()];
    await api.connection(many.id, target.id);
    const add = (from: number, to: number) =>
      hookstream.database.query(
        `with e as (
           insert into events (id, organization_id, environment_id, source_id, method, payload_bytes, verification_status)
           select (left(id_floor(now() - interval '1 minute')::text, 13) || '-8000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
             $1, $2, $3, 'POST', 9, 'none' from generate_series($4::int, $5::int) n returning id
         )
         insert into event_payloads (event_id, headers, query, body_text) select id, '{}', '', '{"odd":1}' from e`,
        [hookstream.tenant.organizationId, hookstream.tenant.environmentId, many.id, from, to],
      );
    const window = { from: new Date(Date.now() - 60_000).toISOString(), to: '2999-01-01' };
    const size = async (fields: object) =>
      (await post({ destination_id: target.id, ...window, dry_run: true, ...fields })).body as object;
    const filter = { field: 'payload.odd', op: 'eq', value: 2 };
    await add(1, 9900);
    expect(await size({ filter, max_events: 10_000 })).toEqual({ total: 0, total_is_estimate: 0 });
    await add(9901, 12_000);
    expect(await size({ filter, max_events: 10_000 })).toEqual({ total: 10_000, total_is_estimate: 1 });
    expect(await size({ filter: { ...filter, value: 1 }, max_events: 700 })).toEqual({
      total: 700,
      total_is_estimate: 0,
    });
    expect(await size({ max_events: 10_000 })).toEqual({ total: 10_000, total_is_estimate: 0 });
  });

  it('lists jobs and steers them until they have ended', async () => {
    await event({});
    const job = await api.replay(destination.id, {
      source_id: source.id,
      filter: [{ field: 'method', op: 'eq', value: 'POST' }],
    });
    expect(job).toMatchObject({ status: 'running', filter: '[{"field":"method","op":"eq","value":"POST"}]' });
    const steer = (verb: string) => api.call('post', `/replay/${job.id}/${verb}`);
    for (const [verb, status] of [
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['resume', 'running'],
      ['cancel', 'cancelled'],
      ['cancel', 'cancelled'],
    ]) {
      expect(await steer(verb!)).toMatchObject({ status: 200, body: { job: { id: job.id, status } } });
    }
    for (const verb of ['pause', 'resume']) expectError(await steer(verb), 409, 'This job has ended');
    const second = await api.replay(destination.id);
    expect(await api.list('/replay')).toMatchObject([{ id: second.id }, { id: job.id }]);
    expect(await api.list('/replay?status=cancelled&kind=replay')).toMatchObject([{ id: job.id }]);
    expect(await api.list(`/replay?kind=retry&destination_id=${destination.id}`)).toEqual([]);
    const { body } = await api.call('get', '/replay?limit=1');
    expect(body).toMatchObject({ has_more: true, jobs: [{ id: second.id }] });
    expect(await api.list(`/replay?cursor=${body.cursor}`)).toMatchObject([{ id: job.id }]);
  });
});
