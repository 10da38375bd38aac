import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, startHookstream } from '#libs/testing';
import { Outbound } from './outbound.js';

const aTime = expect.stringMatching(/^\d{4}-.*Z$/) as unknown as string;

describe('Endpoints', () => {
  let hookstream: Hookstream;
  let outbound: Outbound;

  beforeAll(async () => {
    hookstream = await startHookstream();
    outbound = await Outbound.start(hookstream);
  });
  afterAll(() => Promise.all([hookstream.stop(), outbound.receiver.stop()]));

  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
  const listed = async (app: string, status: string) => {
    const path = `/v1/applications/${app}/endpoints?status=${status}`;
    return (await hookstream.call<{ endpoints: { id: string }[] }>('GET', path)).endpoints.map(({ id }) => id);
  };

  it('get nothing after their time, and everything again when it is prolonged', async () => {
    const app = await outbound.application();
    const endpoint = await outbound.endpoint(app, { expires_at: inSeconds(2) });
    outbound.failing.add(endpoint.path);
    const pending = await outbound.send(app);
    await eventually(async () => expect(await outbound.deliveries(pending)).toMatchObject([{ state: 'retrying' }]));
    await eventually(async () =>
      expect(await outbound.deliveries(pending)).toEqual([{ state: 'cancelled', cause: 'endpoint_expired' }]),
    );
    const expired = await outbound.read(app, endpoint);
    expect(expired).toMatchObject({ status: 'expired', disabled_reason: null });
    expect([await listed(app, 'expired'), await listed(app, 'active')]).toEqual([[endpoint.id], []]);
    // As it is shown.
    expect(await outbound.change(app, endpoint, expired)).toEqual(expired);
    expect(await outbound.deliveries(await outbound.send(app))).toEqual([]);

    outbound.failing.delete(endpoint.path);
    expect(await outbound.change(app, endpoint, { ...expired, expires_at: inSeconds(3600) })).toMatchObject({
      status: 'active',
    });
    expect([await listed(app, 'expired'), await listed(app, 'active')]).toEqual([[], [endpoint.id]]);
    const later = await outbound.send(app);
    await eventually(async () => expect(await outbound.deliveries(later)).toMatchObject([{ state: 'delivered' }]));
    expect(outbound.receivedAt(endpoint)).toHaveLength(2);
    await expect(outbound.change(app, endpoint, { status: 'expired' })).rejects.toThrow('400');
  });

  it('cancel a delivery whose turn comes after their time', async () => {
    const app = await outbound.application();
    const endpoint = await outbound.endpoint(app);
    outbound.failing.add(endpoint.path);
    const id = await outbound.send(app);
    await eventually(async () => expect(await outbound.deliveries(id)).toMatchObject([{ state: 'retrying' }]));
    // As if the worker that looks for them had not come by yet.
    await hookstream.database.query(
      `update endpoints set expires_at = now() - interval '1 second', expired_at = now() where id = $1`,
      [endpoint.id],
    );
    await hookstream.call('PATCH', `/v1/applications/${app}`, { description: 'has the caches read it' });
    await hookstream.database.query(
      `update deliveries set next_retry_at = now() - interval '1 minute' where event_id = $1`,
      [id],
    );
    await eventually(
      async () => expect(await outbound.deliveries(id)).toEqual([{ state: 'cancelled', cause: 'endpoint_expired' }]),
      30_000,
    );
    expect(outbound.receivedAt(endpoint)).toHaveLength(1);
  }, 40_000);

  it('are counted', async () => {
    const app = await outbound.application();
    const [good, bad] = [await outbound.endpoint(app), await outbound.endpoint(app)];
    const gone = await outbound.endpoint(app, { url: 'http://127.0.0.1:1/' });
    outbound.failing.add(bad.path);
    // Fewer failures than open a circuit.
    for (let sent = 0; sent < 2; sent++) await outbound.send(app);
    const nothing = {
      attempts_success: 0,
      attempts_failed: 0,
      attempts_timeout: 0,
      attempts_error: 0,
      messages_delivered: 0,
      messages_given_up: 0,
      messages_pending: 0,
      messages_pending_capped: 0,
      last_success_at: null,
      last_failure_at: null,
      failing_since: null,
    };
    const failed = { messages_pending: 2, last_failure_at: aTime, failing_since: aTime };
    const expected = [
      { ...nothing, endpoint_id: good.id, attempts_success: 2, messages_delivered: 2, last_success_at: aTime },
      { ...nothing, endpoint_id: bad.id, attempts_failed: 2, ...failed },
      { ...nothing, endpoint_id: gone.id, attempts_error: 2, ...failed },
    ];
    for (const [index, endpoint] of [good, bad, gone].entries()) {
      await eventually(async () => expect(await outbound.stats(app, endpoint)).toEqual(expected[index]));
    }
    // The last try of the policy, then a success.
    await hookstream.database.query(
      `update deliveries set attempts_before = -5, next_retry_at = now() - interval '1 minute' where destination_id = $1`,
      [bad.id],
    );
    await eventually(
      async () => expect(await outbound.stats(app, bad)).toMatchObject({ attempts_failed: 4, messages_given_up: 2 }),
      30_000,
    );
    outbound.failing.delete(bad.path);
    await outbound.change(app, bad, { status: 'disabled' });
    await outbound.change(app, bad, { status: 'active' });
    expect(await outbound.stats(app, bad)).toMatchObject({ failing_since: null, last_failure_at: aTime });
    await outbound.send(app);
    await eventually(async () =>
      expect(await outbound.stats(app, bad)).toMatchObject({
        attempts_success: 1,
        attempts_failed: 4,
        last_success_at: aTime,
        failing_since: null,
        messages_pending: 0,
      }),
    );
  }, 60_000);

  it('are disabled once they have only failed for five days', async () => {
    const app = await outbound.application();
    const [bad, flaky] = [await outbound.endpoint(app), await outbound.endpoint(app)];
    for (const { path } of [bad, flaky]) outbound.failing.add(path);
    const first = await outbound.send(app);
    for (const endpoint of [bad, flaky]) {
      await eventually(async () => expect(await outbound.stats(app, endpoint)).toMatchObject({ failing_since: aTime }));
    }
    const failSince = (days: number) =>
      hookstream.database.query(
        `update endpoint_stats set failing_since = now() - $2 * interval '1 day' where endpoint_id = any($1::uuid[])`,
        [[bad.id, flaky.id], days],
      );
    await failSince(4.9);
    outbound.failing.delete(flaky.path);
    const second = await outbound.send(app);
    await eventually(async () => expect(await outbound.stats(app, bad)).toMatchObject({ attempts_failed: 2 }));
    await eventually(async () => expect(await outbound.stats(app, flaky)).toMatchObject({ failing_since: null }));
    expect(await outbound.read(app, bad)).toMatchObject({ status: 'active', disabled_reason: null });

    outbound.failing.add(flaky.path);
    await hookstream.database.query(
      `update endpoint_stats set failing_since = now() - interval '5 days 1 minute' where endpoint_id = $1`,
      [bad.id],
    );
    const third = await outbound.send(app);
    await eventually(async () =>
      expect(await outbound.read(app, bad)).toMatchObject({ status: 'disabled', disabled_reason: 'failing' }),
    );
    for (const id of [first, second, third]) {
      await eventually(async () =>
        expect(await outbound.deliveries(id)).toContainEqual({ state: 'cancelled', cause: 'destination_disabled' }),
      );
    }
    await eventually(async () => expect(await outbound.stats(app, flaky)).toMatchObject({ attempts_failed: 2 }));
    expect(await outbound.read(app, flaky)).toMatchObject({ status: 'active' });

    const shown = await outbound.read(app, bad);
    expect(await outbound.change(app, bad, shown)).toEqual(shown);
    outbound.failing.delete(bad.path);
    expect(await outbound.change(app, bad, { status: 'active' })).toMatchObject({
      status: 'active',
      disabled_reason: null,
    });
    expect(await outbound.stats(app, bad)).toMatchObject({ failing_since: null, messages_pending: 0 });
    const again = await outbound.send(app);
    await eventually(async () =>
      expect(await outbound.deliveries(again)).toContainEqual({ state: 'delivered', cause: null }),
    );
    expect(await outbound.change(app, bad, { status: 'disabled' })).toMatchObject({ disabled_reason: null });
  }, 60_000);
});
