import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';
import { Client, type View } from './client.js';

/** How long a process may go by the old configuration. */
const WITHIN_MS = 1000;
/** Through each api at once: enough for both workers to get some. */
const EVENTS = 5;

interface EventDetails extends View {
  deliveries: { connection_id: string }[];
  ignored: { connection_id: string; cause: string }[];
}

describe('A change made through one of two apis', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let api: Client;
  /** Of both apis; changes are made through the first. */
  let urls: string[];
  let source: View;
  let connection: View;
  /** Takes every event, so that it shows which are routed. */
  let control: View;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([startHookstream({ workers: 2 }), startReceiver()]);
    api = new Client(hookstream, receiver.url);
    urls = [hookstream.url, (await hookstream.startApi()).url];
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  beforeEach(async () => {
    source = await api.source();
    connection = await api.connection(source.id, (await api.destination()).id);
    control = await api.connection(source.id, (await api.destination()).id);
    // Every process has the old configuration in memory.
    expect(await outcomes()).toEqual(new Set(['taken']));
  });

  const change = async (path: string, fields: object) =>
    expect((await api.call('patch', path, fields)).status).toBe(200);
  const send = (url: string, body = '{"type":"paid"}', headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/ingest/${source.id}`, { method: 'POST', body, headers });

  /** What the connection makes of events that come through both apis. */
  async function outcomes(): Promise<Set<string | undefined>> {
    const answers = await Promise.all(urls.flatMap((url) => Array.from({ length: EVENTS }, () => send(url))));
    return new Set(
      await Promise.all(
        answers.map(async (answer) => outcome(((await answer.json()) as { event_id: string }).event_id)),
      ),
    );
  }

  async function outcome(eventId: string): Promise<string | undefined> {
    const { deliveries, ignored } = await eventually(async () => {
      const event = (await api.read(`/events/${eventId}`)) as EventDetails;
      expect(event.deliveries).toContainEqual(expect.objectContaining({ connection_id: control.id }));
      return event;
    });
    if (deliveries.some(({ connection_id }) => connection_id === connection.id)) return 'taken';
    return ignored.find(({ connection_id }) => connection_id === connection.id)?.cause;
  }

  it.each([
    ['a new filter', { filter_rules: [{ field: 'payload.type', op: 'eq', value: 'refunded' }] }, 'filtered'],
    ['enabled: false', { enabled: false }, 'connection_disabled'],
    ['the status disabled', { status: 'disabled' }, 'connection_disabled'],
  ])('to a connection, %s, routes what comes through both within a second', async (_, fields, expected) => {
    await change(`/connections/${connection.id}`, fields);
    await eventually(async () => expect(await outcomes()).toEqual(new Set([expected])), WITHIN_MS);
    await change(`/connections/${connection.id}`, { filter_rules: null, enabled: true, status: 'active' });
    await eventually(async () => expect(await outcomes()).toEqual(new Set(['taken'])), WITHIN_MS);
  });

  it('to a destination, the status disabled, routes what comes through both within a second', async () => {
    await change(`/destinations/${String(connection.destination_id)}`, { status: 'disabled' });
    await eventually(async () => expect(await outcomes()).toEqual(new Set(['destination_disabled'])), WITHIN_MS);
  });

  it('that adds a connection routes over it what comes through both within a second', async () => {
    connection = await api.connection(source.id, String(connection.destination_id));
    await eventually(async () => expect(await outcomes()).toEqual(new Set(['taken'])), WITHIN_MS);
  });

  it('to a source, its verification, refuses what is not signed at both within a second', async () => {
    const verification_secret = 'a-long-secret';
    const verification = { verification_type: 'hmac_sha256', verification_header: 'X-Signature', verification_secret };
    await change(`/sources/${source.id}`, { verification_enabled: true, ...verification });
    const signature = createHmac('sha256', verification_secret).update('{}').digest('hex');
    for (const url of urls) {
      await eventually(async () => expect((await send(url, '{}')).status).toBe(401), WITHIN_MS);
      expect((await send(url, '{}', { 'X-Signature': signature })).status).toBe(200);
    }
  });

  it('to a source, the status paused, holds what comes through both within a second', async () => {
    await change(`/sources/${source.id}`, { status: 'paused' });
    for (const url of urls) {
      await eventually(async () => {
        const { event_id } = (await (await send(url)).json()) as { event_id: string };
        const held = await hookstream.database.query('select from unrouted_events where event_id = $1 and held', [
          event_id,
        ]);
        expect(held).toHaveLength(1);
      }, WITHIN_MS);
    }
  });

  it('to a source, the status disabled, ends ingest at both within a second', async () => {
    await change(`/sources/${source.id}`, { status: 'disabled' });
    for (const url of urls) {
      await eventually(async () => expect((await send(url)).status).toBe(404), WITHIN_MS);
    }
  });
});
