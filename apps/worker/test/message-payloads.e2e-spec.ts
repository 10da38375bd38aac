import { type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

interface Message {
  id: string;
  payload: string | null;
  payload_expires_at: string | null;
  created_at: string;
  status: string;
}

const DAY_MS = 24 * 3600 * 1000;
const MAX_REQUEST_BYTES = 256 * 1024;

describe('Payloads of messages', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  /** Paths that answer 500. */
  const failing = new Set<string>();
  /** Answers of paths that wait to be told. */
  const held = new Map<string, ServerResponse | undefined>();
  let count = 0;

  beforeAll(async () => {
    hookstream = await startHookstream({ workers: 0 });
    receiver = await startReceiver(({ url }, response) => {
      if (held.has(url)) held.set(url, response);
      else response.writeHead(failing.has(url) ? 500 : 200).end('ok');
    });
    await hookstream.call('POST', '/v1/event-types', { name: 'invoice.paid' });
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  /** An application with one endpoint. */
  async function create(): Promise<{ app: string; path: string }> {
    const app = `app-${++count}`;
    await hookstream.call('POST', '/v1/applications', { name: app, uid: app });
    const url = `${receiver.url}/${app}`;
    await hookstream.call('POST', `/v1/applications/${app}/endpoints`, { url });
    return { app, path: `/${app}` };
  }

  async function call(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${hookstream.url}/v1/applications/${path}`, {
      method,
      headers: { 'X-API-Key': hookstream.apiKey, 'Content-Type': 'application/json', ...headers },
      body,
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as Record<string, unknown> | null };
  }

  async function send(app: string, fields: object = {}, headers?: Record<string, string>): Promise<Message> {
    const body = JSON.stringify({ event_type: 'invoice.paid', payload: { secret: SECRET }, ...fields });
    const answer = await call('POST', `${app}/messages`, body, headers);
    expect(answer).toMatchObject({ status: 201 });
    return answer.body?.message as Message;
  }

  const expunge = (app: string, id: string) => call('DELETE', `${app}/messages/${id}/payload`);
  const read = async (app: string, id: string) =>
    (await call('GET', `${app}/messages/${id}`)).body as unknown as { message: Message; attempts: object[] };
  const receivedAt = (path: string) => receiver.requests.filter(({ url }) => url === path);
  const deliveriesOf = (id: string) =>
    hookstream.database.query<{ state: string; cause: string | null }>(
      'select state, cause from deliveries where event_id = $1',
      [id],
    );
  const expectDelivery = (id: string, state: string, cause: string | null) =>
    eventually(async () => expect(await deliveriesOf(id)).toEqual([{ state, cause }]));

  const SECRET = 'the number of a credit card';

  /** Tables with a row in which the payload stands. */
  async function tablesWithSecret(): Promise<string[]> {
    const tables = await hookstream.database.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    const found = await Promise.all(
      tables.map(async ({ name }) => {
        const text = `select from "${name}" r where r::text like '%${SECRET}%'`;
        return (await hookstream.database.query(text)).length > 0 ? [name] : [];
      }),
    );
    return found.flat();
  }

  it('are never sent when they are removed before a worker has looked', async () => {
    const { app, path } = await create();
    const { id } = await send(app);
    expect(await tablesWithSecret()).not.toEqual([]);
    expect(await expunge(app, id)).toEqual({ status: 204, body: null });
    expect(await tablesWithSecret()).toEqual([]);
    await hookstream.startWorker();
    await expectDelivery(id, 'cancelled', 'payload_expunged');
    expect(receivedAt(path)).toEqual([]);
    expect((await read(app, id)).message).toMatchObject({ payload: null, status: 'received' });
  });

  it('are removed at once, with the tries that would have come; what was tried stays', async () => {
    const { app, path } = await create();
    failing.add(path);
    const messages: Message[] = [];
    for (let sent = 1; sent <= 5; sent++) {
      messages.push(await send(app));
      await eventually(() => expect(receivedAt(path)).toHaveLength(sent));
    }
    const retrying = messages[0]!.id;
    await eventually(async () => expect(await deliveriesOf(retrying)).toMatchObject([{ state: 'retrying' }]));
    // The circuit is open by now.
    const waiting = await send(app);
    await eventually(async () => expect(await deliveriesOf(waiting.id)).toMatchObject([{ state: 'waiting' }]));
    for (const id of [retrying, waiting.id]) {
      for (let times = 0; times < 2; times++) {
        expect(await expunge(app, id)).toEqual({ status: 204, body: null });
        expect(await deliveriesOf(id)).toEqual([{ state: 'cancelled', cause: 'payload_expunged' }]);
      }
      expect((await read(app, id)).message).toMatchObject({ payload: null });
      expect(await call('POST', `${app}/messages/${id}/retry`)).toMatchObject({
        status: 410,
        body: { error: 'The payload of this message has been removed: it cannot be sent again' },
      });
    }
    expect((await read(app, retrying)).attempts).toMatchObject([{ response_status: 500, response_body: 'ok' }]);
    for (const { id } of messages) await expunge(app, id);
    expect(await tablesWithSecret()).toEqual([]);
  });

  it('that are being sent arrive', async () => {
    const { app, path } = await create();
    held.set(path, undefined);
    const { id } = await send(app);
    const response = await eventually(() => {
      const waiting = held.get(path);
      expect(waiting).toBeDefined();
      return waiting!;
    });
    expect((await expunge(app, id)).status).toBe(204);
    response.end('thanks');
    await expectDelivery(id, 'delivered', null);
    const { message, attempts } = await read(app, id);
    expect(message).toMatchObject({ payload: null, status: 'delivered' });
    expect(attempts).toMatchObject([{ status: 'success', response_body: 'thanks' }]);
  });

  it('do not come back with the event_id or Idempotency-Key of their message', async () => {
    const { app, path } = await create();
    const key = { 'Idempotency-Key': 'removed' };
    const named = await send(app, { event_id: 'removed' });
    const keyed = await send(app, {}, key);
    const expired = await send(app, { event_id: 'expired', payload_retention_days: 1 });
    for (const { id } of [named, keyed, expired]) await expectDelivery(id, 'delivered', null);
    for (const { id } of [named, keyed]) await expunge(app, id);
    await expire(expired.id);
    await eventually(async () => expect((await read(app, expired.id)).message.payload).toBeNull());

    const again = [
      await send(app, { event_id: 'removed' }),
      await send(app, {}, key),
      await send(app, { event_id: 'expired', payload_retention_days: 1 }),
    ];
    expect(again.map(({ id, payload }) => [id, payload])).toEqual([named, keyed, expired].map(({ id }) => [id, null]));
    expect(await tablesWithSecret()).toEqual([]);
    expect(receivedAt(path)).toHaveLength(3);
  });

  describe('with an end of their own', () => {
    it('are removed then, with the tries that would have come', async () => {
      const { app, path } = await create();
      failing.add(path);
      const ending = await send(app, { payload_retention_days: 7 });
      const staying = await send(app, { payload_retention_days: null });
      expect(staying.payload_expires_at).toBeNull();
      const lifetime = Date.parse(ending.payload_expires_at!) - Date.parse(ending.created_at);
      expect(Math.abs(lifetime - 7 * DAY_MS)).toBeLessThan(1000);
      for (const { id } of [ending, staying]) {
        await eventually(async () => expect(await deliveriesOf(id)).toMatchObject([{ state: 'retrying' }]));
      }

      await expire(ending.id);
      await expectDelivery(ending.id, 'cancelled', 'event_expired');
      const { message, attempts } = await read(app, ending.id);
      expect(message).toMatchObject({ payload: null, payload_expires_at: null });
      expect(attempts).toHaveLength(1);
      expect(await hookstream.database.query('select from event_payloads where event_id = $1', [ending.id])).toEqual(
        [],
      );
      expect((await call('POST', `${app}/messages/${ending.id}/retry`)).status).toBe(410);
      expect((await expunge(app, ending.id)).status).toBe(204);
      expect((await read(app, staying.id)).message).toMatchObject({ payload: staying.payload });
      await expunge(app, staying.id);
    });

    it.each([0, 91, 1.5, '7'])('do not have %j days', async (payload_retention_days) => {
      const { app } = await create();
      const body = JSON.stringify({ event_type: 'invoice.paid', payload_retention_days });
      expect(await call('POST', `${app}/messages`, body)).toMatchObject({
        status: 400,
        body: { details: [{ field: 'payload_retention_days' }] },
      });
    });
  });

  it('arrive byte for byte up to 256 KB of request, and are refused beyond', async () => {
    const { app, path } = await create();
    const request = (bytes: number) => {
      const [start, end] = ['{"event_type":"invoice.paid","payload":{ "é\\u00e9": "', '" }}'];
      return start + 'x'.repeat(bytes - Buffer.byteLength(start + end)) + end;
    };
    const largest = request(MAX_REQUEST_BYTES);
    const accepted = await call('POST', `${app}/messages`, largest);
    expect(accepted.status).toBe(201);
    await expectDelivery((accepted.body?.message as Message).id, 'delivered', null);
    expect(receivedAt(path).map(({ body }) => String(body))).toEqual([largest.slice(largest.indexOf('{ '), -1)]);
    expect(await call('POST', `${app}/messages`, request(MAX_REQUEST_BYTES + 1))).toMatchObject({
      status: 413,
      body: { error: 'The request body is too large' },
    });
  });

  /** As if the time of a payload were over. */
  async function expire(id: string): Promise<void> {
    await hookstream.database.query('update payload_expiries set expires_at = now() where event_id = $1', [id]);
    await hookstream.database.query(`update maintenance_tasks set due_at = now() where name = 'expired_payloads'`);
  }
});
