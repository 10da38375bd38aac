import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';
import { aTime, anId, Client, expectError, type View } from './client.js';

const BODY = { hello: 'wörld' };
const BODY_BYTES = Buffer.byteLength(JSON.stringify(BODY));

interface Pagination {
  total: number;
  next_cursor: string | null;
  prev_cursor: string | null;
}

describe('Events and delivery attempts', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let api: Client;
  let owner: { org_id: string; env_id: string };
  let from: View, fails: View, takes: View, ignores: View;
  /** One event of JSON and one of bytes, each delivered over `takes` and given up over `fails`. */
  let eventId: string, binaryId: string;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([
      startHookstream(),
      startReceiver(({ url }, response) => {
        response.statusCode = url === '/fails' ? 503 : 200;
        response.end('answer');
      }),
    ]);
    api = new Client(hookstream, receiver.url);
    owner = { org_id: hookstream.tenant.organizationId, env_id: hookstream.tenant.environmentId };
    from = await api.source({ name: 'Shop' });
    const failing = await api.destination({
      url: `${receiver.url}/fails`,
      retry_max_attempts: 1,
      retry_intervals: [0.1],
    });
    const working = await api.destination();
    fails = await api.connection(from.id, failing.id, { name: 'fails' });
    takes = await api.connection(from.id, working.id, { name: 'takes' });
    ignores = await api.connection(from.id, working.id, {
      filter_rules: [{ field: 'method', op: 'eq', value: 'PATCH' }],
    });
    const text = await request(hookstream.url).post(`/v1/ingest/${from.id}?a=1&a=2&b=%20x`).send(BODY);
    eventId = text.body.event_id;
    const bytes = await fetch(`${hookstream.url}/v1/ingest/${from.id}`, {
      method: 'PUT',
      body: new Uint8Array([0, 255, 1]),
    });
    binaryId = ((await bytes.json()) as { event_id: string }).event_id;
    await eventually(async () => expect(await api.list('/events?status=failed')).toHaveLength(2));
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  const ends = ({ id, name, destination_id, destination_name }: View) => ({
    connection_id: id,
    connection_name: name,
    destination_id,
    destination_name,
  });

  const explained = (connection: View) => ({
    ...ends(connection),
    delivery_id: null,
    replay_id: null,
    trigger_type: null,
    cause: null,
    rule: null,
    position: null,
    attempts: 0,
    next_retry_at: null,
    waiting_until: null,
    last_attempt_at: null,
  });

  it('shows an event with its payload, its deliveries and who ignored it', async () => {
    const delivery = { id: anId, next_retry_at: null };
    expect(await api.read(`/events/evt_${eventId}`)).toEqual({
      ...owner,
      id: eventId,
      source_id: from.id,
      source_name: 'Shop',
      source_slug: from.slug,
      method: 'POST',
      content_type: 'application/json',
      source_ip: expect.stringMatching(/127\.0\.0\.1$/),
      payload_size: BODY_BYTES,
      verification_status: 'skipped',
      dedup_status: 'unique',
      status: 'failed',
      received_at: aTime,
      headers: expect.objectContaining({ 'content-type': 'application/json' }),
      query_params: { a: ['1', '2'], b: ' x' },
      payload: JSON.stringify(BODY),
      payload_encoding: 'utf8',
      payload_inline: JSON.stringify(BODY),
      payload_ref: null,
      verification_error: null,
      dedup_hash: null,
      topic: null,
      deliveries: [
        { ...delivery, ...ends(fails), status: 'dead', cause: 'response_5xx', attempts: 2 },
        { ...delivery, ...ends(takes), status: 'delivered', cause: null, attempts: 1 },
      ],
      ignored: [{ connection_id: ignores.id, cause: 'filtered', rule: 0 }],
      explanation: [
        {
          ...explained(fails),
          delivery_id: anId,
          trigger_type: 'event',
          outcome: 'dead',
          cause: 'response_5xx',
          detail: expect.stringMatching(/^Given up after 2 attempts: .*503/),
          attempts: 2,
          last_attempt_at: aTime,
        },
        {
          ...explained(takes),
          delivery_id: anId,
          trigger_type: 'event',
          outcome: 'delivered',
          detail: expect.stringMatching(/^Delivered with attempt 1, sent at 20\S+Z\.$/),
          attempts: 1,
          last_attempt_at: aTime,
        },
        {
          ...explained(ignores),
          outcome: 'filtered',
          cause: 'filtered',
          detail: "Rule 0 of the connection's filter did not hold.",
          rule: 0,
        },
      ],
    });
  });

  it('shows a body that is not text as base64', async () => {
    const shown = { payload: 'AP8B', payload_encoding: 'base64', payload_size: 3, content_type: null };
    expect(await api.read(`/events/${binaryId}`)).toMatchObject(shown);
  });

  it.each([
    ['', 2],
    ['status=failed', 2],
    ['status=delivered', 0],
    ['method=put', 1],
    ['verification_status=skipped&dedup_status=unique', 2],
    ['dedup_status=duplicate', 0],
    ['search=w%C3%B6r', 1],
    ['search=%25', 0],
    ['after=2026-01-01&before=2999-01-01T00:00:00Z', 2],
    ['before=2020-01-01T00:00:00%2B02:00', 0],
    ['source_id=nonsense', 0],
  ])('finds events by %j', async (query, total) => {
    const { body } = await api.call('get', `/events?${query}`);
    expect(body.events).toHaveLength(total);
    const pagination = { total, limit: 50, offset: 0, has_more: false, next_cursor: null, prev_cursor: null };
    expect(body.pagination).toEqual(pagination);
  });

  it('finds an event by the beginning of its id', async () => {
    expect(await api.list(`/events?search=${eventId.slice(0, -1)}`)).toMatchObject([{ id: eventId }]);
  });

  it.each([
    ['status=success', 1],
    ['status=failed', 2],
    ['status=dlq', 1],
    ['is_dlq=1', 1],
    ['is_dlq=0', 3],
    ['connection_id=nonsense', 0],
    ['destination_id=nonsense', 0],
  ])('finds attempts of an event by %j', async (query, total) => {
    const { body } = await api.call('get', `/delivery-attempts?event_id=evt_${eventId}&${query}`);
    expect(body.delivery_attempts).toHaveLength(total);
    expect(body.pagination).toMatchObject({ total });
  });

  it('finds no attempts of an event that does not exist', async () => {
    expect(await api.list('/delivery-attempts?event_id=nonsense')).toEqual([]);
  });

  it.each(['events', 'delivery-attempts'])('pages through %s both ways', async (path) => {
    const page = async (query = '') => {
      const { body } = await api.call('get', `/${path}?limit=1${query}`);
      const [[item]] = Object.values(body as Record<string, View[]>) as [View[]];
      return { id: item?.id, ...(body.pagination as Pagination) };
    };
    const first = await page();
    expect(first).toMatchObject({ limit: 1, offset: 0, has_more: true, prev_cursor: null });
    expect(first.total).toBe(path === 'events' ? 2 : 6);
    const second = await page(`&cursor=${first.next_cursor}`);
    expect(second.id).not.toBe(first.id);
    const back = await page(`&direction=prev&cursor=${second.prev_cursor}`);
    expect(back).toMatchObject({ id: first.id, has_more: true, prev_cursor: null });
    expect(await page('&offset=1')).toMatchObject({ id: second.id, offset: 1 });
  });

  it('counts up to 10,000 events', async () => {
    const many = `
      insert into events (id, organization_id, environment_id, source_id, method, payload_bytes, verification_status)
      select gen_random_uuid(), organization_id, id, id, 'POST', 0, 'skipped'
      from environments, generate_series(1, 10001) where slug = 'second'`;
    await hookstream.database.query(many);
    const page = async (query: string) => {
      const { body } = await api.call('get', `/events?${query}`, undefined, hookstream.secondTenantKey);
      return body as { events: View[]; pagination: Pagination };
    };
    expect((await page('limit=1')).pagination).toMatchObject({ total: 10_000, total_capped: true, has_more: true });
    expect((await page('limit=2&offset=10000')).events).toHaveLength(1);
  });

  it('shows an attempt', async () => {
    const [attempt] = await api.list(`/delivery-attempts?connection_id=${fails.id}&event_id=${eventId}&is_dlq=1`);
    expect(attempt).toEqual({
      ...owner,
      ...ends(fails),
      id: anId,
      delivery_id: anId,
      event_id: eventId,
      attempt_number: 2,
      trigger_type: 'retry',
      status: 'failed',
      cause: 'response_5xx',
      error: expect.any(String),
      request_url: `${receiver.url}/fails`,
      request_method: 'POST',
      request_headers: expect.stringContaining('"content-type":"application/json"'),
      request_body_size: BODY_BYTES,
      response_status: 503,
      response_headers: expect.stringContaining('"content-length":"6"'),
      response_body: 'answer',
      duration_ms: expect.any(Number),
      next_retry_at: null,
      is_dlq: 1,
      dlq_at: attempt?.created_at,
      created_at: aTime,
    });
    expect(await api.read(`/delivery-attempts/${attempt?.id}`)).toEqual(attempt);
  });

  it('retries what failed of an event', async () => {
    const { status, body } = await api.call('post', `/events/${binaryId}/retry`);
    expect(status).toBe(200);
    const deliveries = [{ id: anId, connection_id: fails.id, destination_id: fails.destination_id }];
    expect(body).toEqual({ retried: 1, deliveries, errors: [] });
  });

  it('retries any attempt, but not while its delivery is on its way', async () => {
    const successes = () => api.list(`/delivery-attempts?event_id=${eventId}&status=success`);
    const [attempt] = await successes();
    const retry = () => api.call('post', `/delivery-attempts/att_${attempt?.id}/retry`);
    expect(await retry()).toMatchObject({ status: 200, body: { delivery_attempt: attempt } });
    await eventually(async () => {
      expect(await successes()).toMatchObject([{ trigger_type: 'manual' }, { id: attempt?.id }]);
    });
    await api.call('patch', `/destinations/${String(takes.destination_id)}`, { status: 'paused' });
    await retry();
    expectError(await retry(), 400, 'Retry failed: the delivery is already on its way');
  });

  it('shows headers and query parameters of any name, and forwards the headers', async () => {
    const names = { constructor: 'c', tostring: 't', hasownproperty: 'h', then: 'n' };
    const source = await api.source();
    await api.connection(source.id, (await api.destination()).id);
    const query = 'constructor=c&__proto__=p&toString=t&then=1&then=2';
    const answer = await fetch(`${hookstream.url}/v1/ingest/${source.id}?${query}`, {
      method: 'POST',
      headers: [...Object.entries(names), ['__Proto__', 'p']],
    });
    const { event_id } = (await answer.json()) as { event_id: string };
    const shown = await api.read(`/events/${event_id}`);
    const own = (object: unknown) => Object.entries(object as Record<string, unknown>);
    const headers = [...Object.entries(names), ['__proto__', 'p']];
    expect(own(shown.headers)).toEqual(expect.arrayContaining(headers));
    expect(own(shown.query_params)).toEqual([
      ['constructor', 'c'],
      ['__proto__', 'p'],
      ['toString', 't'],
      ['then', ['1', '2']],
    ]);
    const [attempt] = await eventually(async () => {
      const attempts = await api.list(`/delivery-attempts?event_id=${event_id}&status=success`);
      expect(attempts).toHaveLength(1);
      return attempts;
    });
    expect(own(JSON.parse(String(attempt!.request_headers)))).toEqual(expect.arrayContaining(headers));
  });
});
