import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

describe('What is held', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let slugs = 0;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([startHookstream(), startReceiver()]);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  /** A source that is connected to a path of the receiver. */
  async function route() {
    const slug = `s${++slugs}`;
    const make = async (resource: string, body: object) =>
      Object.values(await hookstream.call<Record<string, { id: string }>>('POST', `/v1/${resource}`, body))[0]!.id;
    const sourceId = await make('sources', { name: slug, slug });
    const destinationId = await make('destinations', { name: slug, slug, url: `${receiver.url}/${slug}` });
    const connectionId = await make('connections', {
      name: slug,
      source_id: sourceId,
      destination_id: destinationId,
      filter_rules: [{ field: 'payload.skip', op: 'exists', value: false }],
    });
    return { sourceId, destinationId, connectionId, path: `/${slug}` };
  }
  const set = (path: string, changes: object) => hookstream.call('PATCH', `/v1/${path}`, changes);
  async function send(sourceId: string, body: object): Promise<string> {
    return (await hookstream.call<{ event_id: string }>('POST', `/v1/ingest/${sourceId}`, body)).event_id;
  }
  const receivedAt = (path: string) =>
    receiver.requests.filter(({ url }) => url === path).map(({ body }) => JSON.parse(body.toString()) as unknown);
  interface EventView {
    status: string;
    deliveries: { status: string; cause: string | null }[];
    ignored: { cause: string }[];
  }
  const event = async (id: string) => (await hookstream.call<{ event: EventView }>('GET', `/v1/events/${id}`)).event;
  /** What was sent afterwards has passed, so would have what is held. */
  async function settle(): Promise<void> {
    const { sourceId, path } = await route();
    await send(sourceId, { marker: true });
    await eventually(() => expect(receivedAt(path)).toHaveLength(1));
  }

  it('by a paused source is stored, not routed, and delivered soon after it is active again', async () => {
    const { sourceId, path } = await route();
    await set(`sources/${sourceId}`, { status: 'paused' });
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await send(sourceId, { n }));
    await settle();
    // Also the sweep for forgotten events must leave them alone.
    await hookstream.database.query(`update unrouted_events set received_at = now() - interval '1 hour'`);
    await hookstream.database.query(`update maintenance_tasks set due_at = now() where name = 'forgotten_events'`);
    await eventually(async () => {
      const [task] = await hookstream.database.query(
        `select due_at > now() + interval '5 s' as done from maintenance_tasks where name = 'forgotten_events'`,
      );
      expect(task).toEqual({ done: true });
    });
    await settle();
    expect(receivedAt(path)).toEqual([]);
    expect(await event(ids[0]!)).toMatchObject({ status: 'received', deliveries: [] });
    await set(`sources/${sourceId}`, { status: 'active' });
    await eventually(() => expect(receivedAt(path)).toHaveLength(5), 5_000);
    const [held] = await hookstream.database.query('select count(*)::int from unrouted_events where held');
    expect(held).toEqual({ count: 0 });
    const order = await hookstream.database.query<{ n: string }>(
      `select p.body_text::json->>'n' as n from deliveries d join event_payloads p on p.event_id = d.event_id
       where d.source_id = $1 order by d.seq`,
      [sourceId],
    );
    expect(order.map(({ n }) => n)).toEqual(['0', '1', '2', '3', '4']);
  });

  it('by a source that is deleted goes nowhere', async () => {
    const { sourceId } = await route();
    await set(`sources/${sourceId}`, { status: 'paused' });
    await send(sourceId, {});
    await hookstream.call('DELETE', `/v1/sources/${sourceId}`);
    await eventually(async () => {
      const rows = await hookstream.database.query('select from unrouted_events where source_id = $1', [sourceId]);
      expect(rows).toEqual([]);
    });
  });

  it('by a paused connection waits, and is delivered once it is active again', async () => {
    const { sourceId, connectionId, path } = await route();
    await set(`connections/${connectionId}`, { status: 'paused' });
    const id = await send(sourceId, { n: 1 });
    const filtered = await send(sourceId, { skip: true });
    await settle();
    expect(await event(id)).toMatchObject({
      status: 'processing',
      deliveries: [{ status: 'waiting', cause: 'connection_paused' }],
      ignored: [],
    });
    expect(await event(filtered)).toMatchObject({ deliveries: [], ignored: [{ cause: 'filtered' }] });
    expect(receivedAt(path)).toEqual([]);
    await set(`connections/${connectionId}`, { status: 'active' });
    await eventually(() => expect(receivedAt(path)).toEqual([{ n: 1 }]), 8_000);
    await eventually(async () => expect(await event(id)).toMatchObject({ status: 'delivered' }));
  });

  it.each([{ status: 'disabled' }, { enabled: false }])(
    'by a connection that then is %j ends, and nothing more is routed over it',
    async (changes) => {
      const { sourceId, connectionId, path } = await route();
      await set(`connections/${connectionId}`, { status: 'paused' });
      const id = await send(sourceId, { n: 1 });
      await settle();
      await set(`connections/${connectionId}`, changes);
      await eventually(async () =>
        expect(await event(id)).toMatchObject({ deliveries: [{ status: 'cancelled', cause: 'connection_disabled' }] }),
      );
      const later = await send(sourceId, { n: 2 });
      await eventually(async () =>
        expect(await event(later)).toMatchObject({ deliveries: [], ignored: [{ cause: 'connection_disabled' }] }),
      );
      expect(receivedAt(path)).toEqual([]);
    },
  );

  it('for a paused destination ends when that is disabled', async () => {
    const { sourceId, destinationId, path } = await route();
    await set(`destinations/${destinationId}`, { status: 'paused' });
    const id = await send(sourceId, { n: 1 });
    await settle();
    expect(await event(id)).toMatchObject({ deliveries: [{ status: 'waiting', cause: 'destination_paused' }] });
    await set(`destinations/${destinationId}`, { status: 'disabled' });
    await eventually(async () =>
      expect(await event(id)).toMatchObject({ deliveries: [{ status: 'cancelled', cause: 'destination_disabled' }] }),
    );
    expect(receivedAt(path)).toEqual([]);
  });

  it('goes over each of two connections between the same ends', async () => {
    const { sourceId, destinationId, path } = await route();
    await hookstream.call('POST', '/v1/connections', {
      name: 'second',
      source_id: sourceId,
      destination_id: destinationId,
    });
    await send(sourceId, { n: 1 });
    await eventually(() => expect(receivedAt(path)).toEqual([{ n: 1 }, { n: 1 }]));
  });

  it('is not what a source took for a duplicate', async () => {
    const { sourceId, path } = await route();
    await set(`sources/${sourceId}`, { dedup_enabled: true, dedup_strategy: 'payload_hash' });
    await send(sourceId, { n: 1 });
    const duplicate = await send(sourceId, { n: 1 });
    await settle();
    expect(receivedAt(path)).toEqual([{ n: 1 }]);
    expect(await event(duplicate)).toMatchObject({ status: 'received', dedup_status: 'duplicate', deliveries: [] });
    await eventually(async () => {
      const { source } = await hookstream.call<{ source: object }>('GET', `/v1/sources/${sourceId}`);
      expect(source).toMatchObject({ event_count: 2 });
    });
  });
});
