import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, startHookstream } from '#libs/testing';
import { type Endpoint, type News, Outbound } from './outbound.js';

describe('Operational webhooks', () => {
  let hookstream: Hookstream;
  let outbound: Outbound;
  let listener: Endpoint;
  let listening: string;

  beforeAll(async () => {
    hookstream = await startHookstream({ workers: 2 });
    outbound = await Outbound.start(hookstream);
    listening = await outbound.application({ operational: true });
    listener = await outbound.endpoint(listening);
  });
  afterAll(() => Promise.all([hookstream.stop(), outbound.receiver.stop()]));

  const newsOf = ({ id }: { id: string }) => outbound.newsAt(listener).filter(({ data }) => data.endpoint_id === id);
  const toldOf = (endpoint: Endpoint, ...types: string[]) =>
    eventually(() => {
      const told = newsOf(endpoint).map(({ type }) => type);
      expect(told.sort()).toEqual([...types].sort());
    }, 30_000);
  const retryNow = (messageId: string) =>
    hookstream.database.query(`update deliveries set next_retry_at = now() - interval '1 minute' where event_id = $1`, [
      messageId,
    ]);
  const applicationId = async (app: string) =>
    (await hookstream.call<{ application: { id: string } }>('GET', `/v1/applications/${app}`)).application.id;

  it('tell that an endpoint was made, changed, disabled, expired and deleted', async () => {
    const app = await outbound.application();
    const endpoint = await outbound.endpoint(app);
    const data = { application_id: await applicationId(app), application_uid: app, endpoint_id: endpoint.id };
    await toldOf(endpoint, 'endpoint.created');
    expect(newsOf(endpoint)).toEqual([{ type: 'endpoint.created', timestamp: expect.any(String), data }]);

    await outbound.change(app, endpoint, { description: 'new' });
    // Nothing has changed.
    await outbound.change(app, endpoint, { description: 'new' });
    const changed = ['endpoint.created', 'endpoint.updated'];
    await toldOf(endpoint, ...changed);
    await hookstream.call('POST', `/v1/applications/${app}/endpoints/${endpoint.id}/rotate-secret`);
    await outbound.change(app, endpoint, { status: 'disabled' });
    const disabled = [...changed, 'endpoint.updated', 'endpoint.updated', 'endpoint.disabled'];
    await toldOf(endpoint, ...disabled);

    const expires_at = new Date(Date.now() + 1500).toISOString();
    await outbound.change(app, endpoint, { status: 'active', expires_at });
    const expired = [...disabled, 'endpoint.updated', 'endpoint.expired'];
    await toldOf(endpoint, ...expired);
    await hookstream.call('DELETE', `/v1/applications/${app}/endpoints/${endpoint.id}`);
    await toldOf(endpoint, ...expired, 'endpoint.deleted');
    for (const news of newsOf(endpoint)) expect(news.data).toEqual(data);

    const other = await outbound.endpoint(app);
    await hookstream.call('DELETE', `/v1/applications/${app}`);
    await toldOf(other, 'endpoint.created', 'endpoint.deleted');
  }, 60_000);

  it('tell that a message was given up, and that it was delivered after all', async () => {
    const app = await outbound.application();
    const endpoint = await outbound.endpoint(app);
    outbound.failing.add(endpoint.path);
    const id = await outbound.send(app, { event_id: 'order-7' });
    await eventually(async () => expect(await outbound.deliveries(id)).toMatchObject([{ state: 'retrying' }]));
    await hookstream.database.query('update deliveries set attempts_before = -5 where event_id = $1', [id]);
    await retryNow(id);
    await toldOf(endpoint, 'endpoint.created', 'message.attempt.exhausted');
    const data = {
      application_id: await applicationId(app),
      application_uid: app,
      endpoint_id: endpoint.id,
      message_id: id,
      message_event_id: 'order-7',
    };
    expect(newsOf(endpoint).find(({ type }) => type === 'message.attempt.exhausted')).toMatchObject({
      data: { ...data, attempt_number: 2, response_status: 500, cause: 'response_5xx' },
    });

    const retry = () => hookstream.call('POST', `/v1/applications/${app}/messages/${id}/retry`);
    // Fails once more, then succeeds.
    await retry();
    await eventually(() => expect(outbound.receivedAt(endpoint)).toHaveLength(3));
    outbound.failing.delete(endpoint.path);
    await eventually(async () => expect(await outbound.deliveries(id)).toMatchObject([{ state: 'retrying' }]));
    await retryNow(id);
    await toldOf(endpoint, 'endpoint.created', 'message.attempt.exhausted', 'message.attempt.recovered');
    const recovered = newsOf(endpoint).find(({ type }) => type === 'message.attempt.recovered');
    expect(recovered?.data).toEqual({ ...data, attempt_number: 4, response_status: 200, cause: null });
    // What was delivered already cannot recover again.
    await retry();
    await eventually(() => expect(outbound.receivedAt(endpoint)).toHaveLength(5));
    await outbound.change(app, endpoint, { description: 'later' });
    await toldOf(
      endpoint,
      ...['endpoint.created', 'message.attempt.exhausted', 'message.attempt.recovered', 'endpoint.updated'],
    );
  }, 60_000);

  it('tell of circuits, and that an endpoint was disabled because it only failed', async () => {
    const app = await outbound.application();
    const endpoint = await outbound.endpoint(app);
    outbound.failing.add(endpoint.path);
    const first = await outbound.send(app);
    for (let sent = 1; sent < 5; sent++) await outbound.send(app);
    await toldOf(endpoint, 'endpoint.created', 'circuit.opened');
    const failing = { failing_since: expect.any(String) as unknown as string, attempts_failed: 5 };
    await eventually(async () => expect(await outbound.stats(app, endpoint)).toMatchObject(failing));
    await hookstream.database.query(
      `update endpoint_stats set failing_since = now() - interval '6 days' where endpoint_id = $1`,
      [endpoint.id],
    );
    await outbound.testCircuit(endpoint);
    await retryNow(first);
    await toldOf(endpoint, 'endpoint.created', 'circuit.opened', 'endpoint.disabled');
    const disabled = newsOf(endpoint).find(({ type }) => type === 'endpoint.disabled');
    expect(disabled?.data).toMatchObject({ application_uid: app, cause: 'failing' });

    outbound.failing.delete(endpoint.path);
    await outbound.change(app, endpoint, { status: 'active' });
    await outbound.testCircuit(endpoint);
    await outbound.send(app);
    await toldOf(
      endpoint,
      ...['endpoint.created', 'circuit.opened', 'endpoint.disabled', 'endpoint.updated', 'circuit.closed'],
    );
  }, 60_000);

  it('are chosen by type, and shown among the messages of their application', async () => {
    const some = await outbound.endpoint(listening, { filter_types: ['endpoint.created', 'circuit.*'] });
    const app = await outbound.application();
    const endpoint = await outbound.endpoint(app);
    await outbound.change(app, endpoint, { description: 'new' });
    await toldOf(endpoint, 'endpoint.created', 'endpoint.updated');
    await eventually(() => expect(outbound.newsAt(some).map(({ type }) => type)).toEqual(['endpoint.created']));
    const path = `/v1/applications/${listening}/messages`;
    const { messages } = await hookstream.call<{ messages: { id: string; payload: string }[] }>(
      'GET',
      `${path}?event_type=endpoint.created&limit=1`,
    );
    expect((JSON.parse(messages[0]!.payload) as News).data.endpoint_id).toBe(endpoint.id);
    await hookstream.call('POST', `${path}/${messages[0]!.id}/retry`);
    await toldOf(endpoint, 'endpoint.created', 'endpoint.created', 'endpoint.updated');
  });

  it('never tell of those who listen', async () => {
    const own = await outbound.endpoint(listening, { filter_types: ['never'] });
    await outbound.change(listening, own, { description: 'new' });
    await outbound.change(listening, own, { status: 'disabled' });
    await hookstream.call('DELETE', `/v1/applications/${listening}/endpoints/${own.id}`);
    const app = await outbound.application();
    const last = await outbound.endpoint(app);
    await toldOf(last, 'endpoint.created');
    for (const { id } of [own, listener]) expect(newsOf({ id })).toEqual([]);
    expect(await hookstream.database.query('select from operational_events')).toEqual([]);
  });

  it('come once from two workers, and are noted for nobody else', async () => {
    const app = await outbound.application();
    const endpoints = await Promise.all(Array.from({ length: 20 }, () => outbound.endpoint(app)));
    for (const endpoint of endpoints) await toldOf(endpoint, 'endpoint.created');
    await hookstream.call('PATCH', `/v1/applications/${listening}`, { operational: 0 });
    await outbound.endpoint(app);
    expect(await hookstream.database.query('select from operational_events')).toEqual([]);
    for (const endpoint of endpoints) await toldOf(endpoint, 'endpoint.created');
  });
});
