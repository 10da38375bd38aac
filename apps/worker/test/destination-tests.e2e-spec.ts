import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFauxqs } from 'fauxqs';
import {
  connectStream,
  eventually,
  type Hookstream,
  type Receiver,
  startHookstream,
  startReceiver,
  tableDigests,
} from '#libs/testing';

const AWS = { region: 'eu-central-1', access_key_id: 'AKIATEST', secret_access_key: 'a-secret-access-key-1234' };
const ID = expect.stringMatching(/^[0-9a-f]{32}$/);

interface Test {
  success: boolean;
  error: string | null;
  delivery_attempt: { id: string; [field: string]: unknown };
}

describe('A test of a destination', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let slugs = 0;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([
      startHookstream(),
      startReceiver(({ url }, response) => {
        if (url === '/slow') return;
        response.writeHead(url === '/failing' ? 503 : 202, { 'x-test': 'yes' }).end('said the receiver');
      }),
    ]);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  async function make(fields: object): Promise<string> {
    const body = { name: 'test', slug: `t${++slugs}`, ...fields };
    const made = await hookstream.call<{ destination: { id: string } }>('POST', '/v1/destinations', body);
    return made.destination.id;
  }
  const test = (id: string) => hookstream.call<Test>('POST', `/v1/destinations/${id}/test`);

  it('sends a marked sample event as the destination says, and answers the attempt', async () => {
    const secret = 'a-long-random-secret';
    const id = await make({ url: `${receiver.url}/ok`, headers: { 'X-Own': 'own' }, signing_config: { secret } });
    const { success, error, delivery_attempt: attempt } = await test(id);
    const [request] = receiver.requests.filter(({ url }) => url === '/ok');
    expect({ success, error }).toEqual({ success: true, error: null });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-own': 'own',
      'x-hookstream-test': 'true',
      'x-hookstream-event-id': attempt.event_id,
      'x-hookstream-delivery-attempt': '1',
      'x-hookstream-signature': `sha256=${createHmac('sha256', secret).update(request!.body).digest('hex')}`,
    });
    expect(JSON.parse(request!.body.toString())).toMatchObject({ type: 'hookstream.test', destination_id: id });
    expect(attempt).toMatchObject({
      ...{ id: ID, trigger_type: 'test', status: 'success', cause: null, error: null, attempt_number: 1 },
      ...{ destination_id: id, destination_name: 'test', connection_id: '0'.repeat(32), connection_name: null },
      ...{ request_url: `${receiver.url}/ok`, request_method: 'POST', request_body_size: request!.body.length },
      ...{ response_status: 202, response_body: 'said the receiver', is_dlq: 0, next_retry_at: null },
    });
    const listed = await hookstream.call<{ delivery_attempts: object[] }>(
      'GET',
      `/v1/delivery-attempts?destination_id=${id}`,
    );
    expect(listed.delivery_attempts).toEqual([attempt]);
    await expect(hookstream.call('POST', `/v1/delivery-attempts/${attempt.id}/retry`)).rejects.toThrow(
      'Retry failed: this was a test of the destination; make another one',
    );
  });

  it('is neither retried nor counted when it fails', async () => {
    const settings = { circuit_breaker_threshold: 1, retry_intervals: [1] };
    const id = await make({ url: `${receiver.url}/failing`, ...settings });
    for (let times = 0; times < 2; times += 1) {
      expect(await test(id)).toMatchObject({
        success: false,
        error: 'The destination answered 503.',
        delivery_attempt: {
          status: 'failed',
          cause: 'response_5xx',
          response_status: 503,
          is_dlq: 0,
          next_retry_at: null,
        },
      });
    }
    const circuit = await hookstream.call('GET', `/v1/destinations/${id}/circuit`);
    expect(circuit).toMatchObject({ state: 'closed', failure_count: 0 });
    expect(await hookstream.database.query('select from deliveries where destination_id = $1', [id])).toEqual([]);
    const { destination } = await hookstream.call<{ destination: object }>('GET', `/v1/destinations/${id}`);
    expect(destination).toMatchObject({ event_count: 0 });
  });

  it('takes no longer than the destination may', async () => {
    const id = await make({ url: `${receiver.url}/slow`, timeout_ms: 1_000 });
    const startedAt = performance.now();
    expect(await test(id)).toMatchObject({ success: false, delivery_attempt: { status: 'timeout', cause: 'timeout' } });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('uses what has just been changed, also of a destination that is paused or disabled', async () => {
    const id = await make({ url: `${receiver.url}/failing`, timeout_ms: 2_000 });
    await test(id);
    for (const status of ['paused', 'disabled', 'active']) {
      const url = `${receiver.url}/${status}`;
      await hookstream.call('PATCH', `/v1/destinations/${id}`, { status, url });
      expect(await test(id)).toMatchObject({ success: true, delivery_attempt: { request_url: url } });
    }
  });

  it('reaches a queue', async () => {
    const server = await startFauxqs({ port: 0, logger: false });
    server.createQueue('orders');
    const queue_url = `http://127.0.0.1:${server.port}/000000000000/orders`;
    const id = await make({ type: 'sqs', provider_config: { queue_url, ...AWS } });
    expect(await test(id)).toMatchObject({ success: true, delivery_attempt: { response_status: 200 } });
    const [message] = server.inspectQueue('orders')?.messages.ready ?? [];
    expect(JSON.parse(message!.body)).toMatchObject({ type: 'hookstream.test', destination_id: id });
    const nowhere = await make({ type: 'sqs', provider_config: { queue_url: `${queue_url}-not`, ...AWS } });
    expect(await test(nowhere)).toMatchObject({ success: false, delivery_attempt: { cause: 'not_found' } });
    await server.stop();
  });

  it('reaches a WebSocket client', async () => {
    const id = await make({ type: 'websocket', provider_config: { channel_name: 'tests', mode: 'acknowledge' } });
    expect(await test(id)).toMatchObject({ success: false, delivery_attempt: { cause: 'no_subscriber' } });
    const client = await connectStream(hookstream.url, { headers: { 'X-API-Key': hookstream.apiKey } });
    await client.subscribe('tests');
    expect(await test(id)).toMatchObject({ success: true });
    expect(client.events()).toMatchObject([{ data: { test: true, destination_id: id } }]);
    client.socket.terminate();
  });

  it('is nobody else’s business', async () => {
    const id = await make({ url: `${receiver.url}/private` });
    const before = await tableDigests(hookstream.database);
    const response = await fetch(`${hookstream.url}/v1/destinations/${id}/test`, {
      method: 'POST',
      headers: { 'X-API-Key': hookstream.secondTenantKey },
    });
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { error: expect.stringContaining('Destination not found') },
    ]);
    expect(await tableDigests(hookstream.database)).toEqual(before);
  });

  it('says when there is no worker, and is not made up for later', async () => {
    const id = await make({ url: `${receiver.url}/late` });
    await Promise.all(hookstream.workers.map((worker) => worker.kill('SIGTERM')));
    await expect(test(id)).rejects.toThrow(/503: .*No worker took the test in time/);
    await hookstream.startWorker();
    const other = await make({ url: `${receiver.url}/later` });
    await eventually(async () => expect(await test(other)).toMatchObject({ success: true }));
    expect(receiver.requests.filter(({ url }) => url === '/late')).toEqual([]);
  });
});
