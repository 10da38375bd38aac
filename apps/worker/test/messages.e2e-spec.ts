import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Webhook } from 'standardwebhooks';
import { admissionKeys } from '#libs/destinations';
import {
  eventually,
  type Hookstream,
  type Received,
  type Receiver,
  startHookstream,
  startReceiver,
} from '#libs/testing';

interface Message {
  id: string;
  event_type: string;
  payload: string;
  status: string;
}

interface Attempt {
  endpoint_id: string;
  attempt_number: number;
  status: string;
  response_status: number;
  trigger_type: string;
}

interface Endpoint {
  id: string;
  signing_secret: string;
}

describe('Messages', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  /** Paths that answer 500. */
  const failing = new Set<string>();
  let paths = 0;

  beforeAll(async () => {
    hookstream = await startHookstream();
    receiver = await startReceiver(({ url }, response) => {
      response.statusCode = failing.has(url) ? 500 : 200;
      response.end('ok');
    });
    await Promise.all(['invoice.paid', 'invoice.sent', 'user.made'].map((name) => createEventType({ name })));
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  const createEventType = (fields: object) => hookstream.call('POST', '/v1/event-types', fields);

  async function createApplication(): Promise<string> {
    const uid = `app-${++paths}`;
    await hookstream.call('POST', '/v1/applications', { name: uid, uid });
    return uid;
  }

  async function createEndpoint(app: string, fields: object = {}): Promise<Endpoint & { path: string }> {
    const path = `/endpoint-${++paths}`;
    const { endpoint } = await hookstream.call<{ endpoint: Endpoint }>('POST', `/v1/applications/${app}/endpoints`, {
      url: receiver.url + path,
      ...fields,
    });
    return { ...endpoint, path };
  }

  async function send(app: string, fields: object = {}): Promise<Message> {
    const { message } = await hookstream.call<{ message: Message }>('POST', `/v1/applications/${app}/messages`, {
      event_type: 'invoice.paid',
      payload: { id: 'inv_1' },
      ...fields,
    });
    return message;
  }

  const read = (app: string, id: string) =>
    hookstream.call<{ message: Message; attempts: Attempt[] }>('GET', `/v1/applications/${app}/messages/${id}`);

  const became = (app: string, id: string, status: string) =>
    eventually(async () => expect((await read(app, id)).message.status).toBe(status));

  const receivedAt = ({ path }: { path: string }) => receiver.requests.filter(({ url }) => url === path);

  /** Posts with headers of its own, and a body as it is. */
  async function post(app: string, body: string, headers: Record<string, string> = {}, key = hookstream.apiKey) {
    const response = await fetch(`${hookstream.url}/v1/applications/${app}/messages`, {
      method: 'POST',
      headers: { 'X-API-Key': key, 'Content-Type': 'application/json', ...headers },
      body,
    });
    return { status: response.status, body: (await response.json()) as { message: Message } & Record<string, unknown> };
  }

  const verify = (secret: string, { body, headers }: Received) =>
    new Webhook(secret).verify(String(body), headers as Record<string, string>);

  it('arrive byte for byte, signed with the secret of their endpoint', async () => {
    const app = await createApplication();
    const endpoints = [await createEndpoint(app), await createEndpoint(app)];
    const payload = '{ "n": 1.0,\n  "big": 12345678901234567890, "é": "\\u00e9" }';
    const { status, body } = await post(app, `{"event_type": "invoice.paid", "payload": ${payload} }`);
    expect(status).toBe(201);
    expect(body.message).toMatchObject({ event_type: 'invoice.paid', payload });
    await became(app, body.message.id, 'delivered');
    for (const [index, endpoint] of endpoints.entries()) {
      const [request, ...more] = receivedAt(endpoint) as [Received];
      expect(more).toEqual([]);
      expect(String(request.body)).toBe(payload);
      expect(request.headers).toMatchObject({ 'webhook-id': body.message.id, 'content-type': 'application/json' });
      expect(verify(endpoint.signing_secret, request)).toMatchObject({ n: 1 });
      expect(() => verify(endpoints[1 - index]!.signing_secret, request)).toThrow();
    }
  });

  it('may be any text', async () => {
    const app = await createApplication();
    const endpoint = await createEndpoint(app);
    const { id } = await send(app, { payload: 'not {JSON' });
    await became(app, id, 'delivered');
    expect(receivedAt(endpoint).map(({ body }) => String(body))).toEqual(['not {JSON']);
  });

  it('verify with the old and the new secret for a day after a rotation, then with the new one only', async () => {
    const app = await createApplication();
    const endpoint = await createEndpoint(app);
    const { signing_secret: renewed } = await hookstream.call<{ signing_secret: string }>(
      'POST',
      `/v1/applications/${app}/endpoints/${endpoint.id}/rotate-secret`,
    );
    const during = await send(app);
    await became(app, during.id, 'delivered');
    const [first] = receivedAt(endpoint) as [Received];
    expect(String(first.headers['webhook-signature']).split(' ')).toHaveLength(2);
    expect(verify(endpoint.signing_secret, first)).toEqual({ id: 'inv_1' });
    expect(verify(renewed, first)).toEqual({ id: 'inv_1' });

    // A day later.
    await hookstream.database.query(
      `update endpoints set old_signing_secrets = jsonb_set(old_signing_secrets, '{0,expires_at}', '"2020-01-01T00:00:00Z"')
       where id = $1`,
      [endpoint.id],
    );
    await hookstream.call('PATCH', `/v1/applications/${app}/endpoints/${endpoint.id}`, { description: 'a change' });
    const after = await send(app);
    await became(app, after.id, 'delivered');
    const second = receivedAt(endpoint)[1] as Received;
    expect(verify(renewed, second)).toEqual({ id: 'inv_1' });
    expect(() => verify(endpoint.signing_secret, second)).toThrow();
  });

  it('go to the endpoints that take their event type', async () => {
    const app = await createApplication();
    const all = await createEndpoint(app);
    const paid = await createEndpoint(app, { filter_types: ['invoice.paid'] });
    const invoices = await createEndpoint(app, { filter_types: ['user.gone', 'invoice.*'] });
    const messages: Message[] = [];
    for (const event_type of ['invoice.paid', 'invoice.sent', 'user.made']) {
      messages.push(await send(app, { event_type, payload: { event_type } }));
    }
    for (const { id } of messages) await became(app, id, 'delivered');
    const typesAt = (endpoint: { path: string }) =>
      receivedAt(endpoint)
        .map(({ body }) => (JSON.parse(String(body)) as Message).event_type)
        .sort();
    expect([all, paid, invoices].map(typesAt)).toEqual([
      ['invoice.paid', 'invoice.sent', 'user.made'],
      ['invoice.paid'],
      ['invoice.paid', 'invoice.sent'],
    ]);
    const { messages: listed } = await hookstream.call<{ messages: Message[] }>(
      'GET',
      `/v1/applications/${app}/messages?event_type=invoice.sent`,
    );
    expect(listed.map(({ id }) => id)).toEqual([messages[1]?.id]);
  });

  it('go to the endpoints of their channels, and to those without', async () => {
    const app = await createApplication();
    const all = await createEndpoint(app);
    const one = await createEndpoint(app, { channels: ['project-1', 'project-2'] });
    const none = await createEndpoint(app, { channels: ['project-3'] });
    const messages = [await send(app, { channels: ['project-2', 'other'] }), await send(app)];
    for (const { id } of messages) await became(app, id, 'delivered');
    expect([all, one, none].map((endpoint) => receivedAt(endpoint).length)).toEqual([2, 1, 0]);
    expect((await read(app, messages[0]!.id)).message).toMatchObject({ channels: '["project-2","other"]' });
  });

  it('are tried again at an endpoint that fails, with the same id, and do not hold up the others', async () => {
    const app = await createApplication();
    const [good, bad] = [await createEndpoint(app), await createEndpoint(app)];
    failing.add(bad.path);
    const { id } = await send(app);
    await eventually(async () => expect((await read(app, id)).attempts).toHaveLength(2));
    expect(receivedAt(good)).toHaveLength(1);
    expect((await read(app, id)).message.status).toBe('processing');

    // The intervals of the policy are longer than a test.
    const sooner = () =>
      hookstream.database.query(
        `update deliveries set next_retry_at = now() - interval '1 minute' where event_id = $1 and state = 'retrying'`,
        [id],
      );
    for (let tries = 2; tries <= 6; tries++) {
      await sooner();
      await eventually(() => expect(receivedAt(bad)).toHaveLength(tries), 20_000);
      await eventually(async () => expect((await read(app, id)).attempts).toHaveLength(tries + 1));
      await resetCircuit(bad.id);
    }
    await became(app, id, 'failed');
    expect(new Set(receivedAt(bad).map(({ headers }) => headers['webhook-id']))).toEqual(new Set([id]));
    for (const request of receivedAt(bad)) expect(verify(bad.signing_secret, request)).toEqual({ id: 'inv_1' });

    failing.delete(bad.path);
    await hookstream.call('POST', `/v1/applications/${app}/messages/${id}/retry`);
    await became(app, id, 'delivered');
    const { attempts } = await read(app, id);
    expect(
      attempts
        .filter(({ trigger_type }) => trigger_type === 'manual')
        .map((item) => item.endpoint_id)
        .sort(),
    ).toEqual([good.id, bad.id].sort());
  }, 90_000);

  it('are not sent to what is disabled, deleted or expired, also when they wait already', async () => {
    const app = await createApplication();
    const [kept, disabled, deleted, expired] = [
      await createEndpoint(app),
      await createEndpoint(app),
      await createEndpoint(app),
      await createEndpoint(app, { expires_at: new Date(Date.now() + 3000).toISOString() }),
    ];
    for (const { path } of [kept, disabled, deleted, expired]) failing.add(path);
    const { id } = await send(app);
    await eventually(async () => expect((await read(app, id)).attempts).toHaveLength(4));
    await hookstream.call('PATCH', `/v1/applications/${app}/endpoints/${disabled.id}`, { status: 'disabled' });
    await hookstream.call('DELETE', `/v1/applications/${app}/endpoints/${deleted.id}`);
    await eventually(async () => expect(await statesOf(id)).toMatchObject({ cancelled: 2 }));
    const path = `/v1/applications/${app}/endpoints/${expired.id}`;
    await eventually(async () =>
      expect(await hookstream.call('GET', path)).toMatchObject({ endpoint: { status: 'expired' } }),
    );

    const later = await send(app);
    await eventually(async () => expect(await statesOf(later.id)).toEqual({ retrying: 1 }));
    expect(receivedAt(kept)).toHaveLength(2);
    for (const gone of [disabled, deleted, expired]) expect(receivedAt(gone)).toHaveLength(1);

    await hookstream.call('PATCH', `/v1/applications/${app}`, { status: 'disabled' });
    await eventually(async () => expect(await statesOf(later.id)).toEqual({ cancelled: 1 }));
    expect((await post(app, '{"event_type":"invoice.paid","payload":{}}')).body).toMatchObject({
      status: 400,
      error: 'The application is not active',
    });
  });

  it('survive the sweep while they wait for a circuit', async () => {
    const app = await createApplication();
    const endpoint = await createEndpoint(app);
    failing.add(endpoint.path);
    for (let sent = 0; sent < 5; sent++) await send(app);
    await eventually(() => expect(receivedAt(endpoint)).toHaveLength(5));
    const { id } = await send(app);
    await eventually(async () => expect(await statesOf(id)).toEqual({ waiting: 1 }));
    // The worker takes the next turn of the sweep when it is done with the one before.
    for (let turn = 0; turn < 2; turn++) {
      await hookstream.database.query(`update maintenance_tasks set due_at = now() where name = 'waiting_deliveries'`);
      await eventually(async () => {
        const [task] = await hookstream.database.query<{ is_taken: boolean }>(
          `select due_at > now() as is_taken from maintenance_tasks where name = 'waiting_deliveries'`,
        );
        expect(task?.is_taken).toBe(true);
      });
    }
    expect(await statesOf(id)).toEqual({ waiting: 1 });
    failing.delete(endpoint.path);
    await resetCircuit(endpoint.id);
  });

  it('are the same message when posted again with its event_id or Idempotency-Key', async () => {
    const app = await createApplication();
    const endpoint = await createEndpoint(app);
    const named = await Promise.all([1, 2, 3].map((n) => send(app, { event_id: 'mine', payload: { n } })));
    expect(new Set(named.map(({ id }) => id)).size).toBe(1);

    const body = '{"event_type":"invoice.paid","payload":{"n":4}}';
    const key = { 'Idempotency-Key': 'once' };
    const answers = await Promise.all([1, 2, 3].map(() => post(app, body, key)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map((answer) => answer.body.message.id)).size).toBe(1);
    const other = await post(app, body.replace('4', '5'), key);
    expect(other).toMatchObject({ status: 409, body: { error: 'This Idempotency-Key belongs to another request' } });

    for (const id of [named[0]!.id, answers[0]!.body.message.id]) await became(app, id, 'delivered');
    expect(receivedAt(endpoint)).toHaveLength(2);
    // As if the api had died in between: the message was never stored.
    await hookstream.database.query(
      `insert into message_keys (scope_id, key, environment_id, message_id)
       select scope_id, 'lost', environment_id, $2 from message_keys where key = 'mine' and message_id = $1`,
      [named[0]!.id, '01900000000070008000000000000001'],
    );
    const found = await send(app, { event_id: 'lost' });
    expect(found.id).toBe('01900000000070008000000000000001');
    await became(app, found.id, 'delivered');

    await hookstream.database.query(`update message_keys set expires_at = now() where key = 'once'`);
    expect(await post(app, body.replace('4', '5'), key)).toMatchObject({ status: 201 });
  });

  it('are sent once when they are posted several times at the same moment', async () => {
    const app = await createApplication();
    const endpoint = await createEndpoint(app);
    // Every post wakes the router, which finds all of them at once.
    await Promise.all(hookstream.workers.splice(0).map((worker) => worker.kill('SIGTERM')));
    const names = Array.from({ length: 10 }, (_, n) => `event-${n}`);
    const messages = await Promise.all([...names, ...names, ...names].map((event_id) => send(app, { event_id })));
    hookstream.workers.push(await hookstream.startWorker());
    for (const { id } of messages) await became(app, id, 'delivered');
    const last = await send(app);
    await became(app, last.id, 'delivered');
    expect(receivedAt(endpoint)).toHaveLength(names.length + 1);
  });

  it('must be of a known event type and fit its schema', async () => {
    const app = await createApplication();
    await createEventType({
      name: 'order.paid',
      json_schema: { required: ['id'], properties: { id: { type: 'string' } } },
    });
    expect(await post(app, '{"event_type":"order.gone","payload":{}}')).toMatchObject({
      status: 400,
      body: { details: [{ field: 'event_type', message: 'is not an event type of this environment' }] },
    });
    expect(await post(app, '{"event_type":"order.paid","payload":{"id":1}}')).toMatchObject({
      status: 422,
      body: {
        error: 'The payload does not fit the schema of its event type',
        validation_errors: [{ path: '/id', keyword: 'type', message: 'must be string' }],
      },
    });
    expect((await post(app, '{"event_type":"order.paid","payload":{"id":"1"}}')).status).toBe(201);
    expect((await post(app, '{"event_type":"order.paid","payload":1}')).status).toBe(400);
  });

  it('are nobody else’s, and not among what came in', async () => {
    const app = await createApplication();
    await createEndpoint(app);
    const { id } = await send(app);
    await became(app, id, 'delivered');
    const theirs = await post(app, '{"event_type":"invoice.paid","payload":{}}', {}, hookstream.secondTenantKey);
    expect(theirs).toMatchObject({ status: 404, body: { error: 'Application not found' } });
    const { events } = await hookstream.call<{ events: unknown[] }>('GET', '/v1/events');
    expect(events).toEqual([]);
    const { delivery_attempts } = await hookstream.call<{ delivery_attempts: unknown[] }>(
      'GET',
      '/v1/delivery-attempts',
    );
    expect(delivery_attempts).toEqual([]);
    await expect(hookstream.call('GET', `/v1/events/${id}`)).rejects.toThrow('404');
  });

  async function statesOf(messageId: string): Promise<Record<string, number>> {
    const rows = await hookstream.database.query<{ state: string; count: number }>(
      'select state, count(*)::int as count from deliveries where event_id = $1 group by state',
      [messageId],
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  async function resetCircuit(endpointId: string): Promise<void> {
    const redis = new Redis(hookstream.redisUrl);
    const { circuit, open, probe } = admissionKeys(endpointId);
    await redis.del(circuit, open, probe);
    redis.disconnect();
  }
});
