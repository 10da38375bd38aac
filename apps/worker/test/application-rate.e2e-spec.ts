import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

const ENDPOINTS = 5;
const RATE = 100;
/** Deliveries that a rate of 100 lets follow each other at once. */
const BURST = 10;
/** What would hold them up for minutes. */
const SLOW_RATE = 1;

describe('The rate of an application', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([
      startHookstream({ workers: 2 }),
      startReceiver((_, response) => response.end()),
    ]);
    await hookstream.call('POST', '/v1/event-types', { name: 'a.b' });
    // Nothing may depend on the sweeps.
    await hookstream.database.query(
      `insert into maintenance_tasks (name, due_at) values ('overdue_retries', 'infinity'), ('waiting_deliveries', 'infinity'),
         ('lost_deliveries', 'infinity'), ('forgotten_events', 'infinity')
       on conflict (name) do update set due_at = excluded.due_at`,
    );
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  async function createApplication(uid: string, rate_limit: number, endpoints = ENDPOINTS) {
    await hookstream.call('POST', '/v1/applications', { name: uid, uid, rate_limit });
    for (let n = 0; n < endpoints; n++) {
      await hookstream.call('POST', `/v1/applications/${uid}/endpoints`, { url: `${receiver.url}/${uid}/${n}` });
    }
  }

  async function send(uid: string, messages: number): Promise<void> {
    const one = () =>
      hookstream.call('POST', `/v1/applications/${uid}/messages`, { event_type: 'a.b', payload: { a: 1 } });
    await Promise.all(Array.from({ length: messages }, one));
  }

  const receivedBy = (uid: string) => receiver.requests.filter(({ url }) => url.startsWith(`/${uid}/`)).length;

  it('is kept by all its endpoints together, and nothing waits longer than for its turn', async () => {
    await createApplication('paced', RATE);
    const startedAt = performance.now();
    const messages = 60;
    await send('paced', messages);
    await eventually(() => expect(receivedBy('paced')).toBe(messages * ENDPOINTS), 60_000);
    const seconds = (performance.now() - startedAt) / 1000;
    expect(messages * ENDPOINTS).toBeLessThanOrEqual(BURST + RATE * seconds + 1);
  }, 90_000);

  it('lets every endpoint have its turn', async () => {
    await createApplication('fair', 20, 40);
    await send('fair', 1);
    await eventually(() => expect(new Set(receiver.requests.map(({ url }) => url)).size).toBe(ENDPOINTS + 40), 30_000);
  }, 60_000);

  it('applies to what waits as soon as it is changed', async () => {
    await createApplication('changed', SLOW_RATE);
    await send('changed', 40);
    await eventually(() => expect(receivedBy('changed')).toBeGreaterThan(0));
    await hookstream.call('PATCH', '/v1/applications/changed', { rate_limit: null });
    await eventually(() => expect(receivedBy('changed')).toBe(40 * ENDPOINTS), 20_000);
  }, 60_000);
});
