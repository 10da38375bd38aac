import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';
import { Cli } from './cli.js';
import { aTime, anId, Client, NOBODY, type View } from './client.js';

describe('@hookstream/cli replay', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let cli: Cli;
  let source: View;
  let destination: View;
  const [from, to] = [new Date(Date.now() - 60_000).toISOString(), new Date(Date.now() + 600_000).toISOString()];

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([startHookstream(), startReceiver()]);
    const api = new Client(hookstream, receiver.url);
    [source, destination] = await Promise.all([api.source(), api.destination()]);
    await api.connection(source.id, destination.id);
    for (let n = 0; n < 3; n++) await api.call('post', `/ingest/${source.id}`, { n });
    await eventually(() => expect(receiver.requests).toHaveLength(3));
    cli = new Cli(hookstream.url);
    await cli.answer(`${hookstream.apiKey}\n`, 'login', '--interactive');
  });
  afterAll(async () => {
    cli.remove();
    await Promise.all([hookstream.stop(), receiver.stop()]);
  });

  it('creates a job and shows how it goes', async () => {
    const what = ['--destination', destination.id, '--from', from, '--to', to];
    const output = await cli.run('replay', 'create', ...what, '--source', source.id, '--rate-limit', '2');
    expect(output).toContain('Replay job created');
    expect(output).toMatch(/Job ID +[0-9a-f]{32}\n/);
    expect(output).toMatch(/Total Events +3\n *Rate Limit +2\n *Status +running\n/);

    const job = await cli.json<View>('replay', 'create', ...what, '--max-events', '2');
    const { destination_id, source_id } = { destination_id: destination.id, source_id: null };
    expect(job).toEqual({
      id: anId,
      org_id: hookstream.tenant.organizationId,
      env_id: hookstream.tenant.environmentId,
      kind: 'replay',
      destination_id,
      source_id,
      connection_id: null,
      cause: null,
      filter: null,
      from,
      to,
      rate_limit: 10,
      max_events: 2,
      status: 'running',
      error: null,
      total: 2,
      total_is_estimate: 0,
      processed: 0,
      skipped: 0,
      pending: 0,
      succeeded: 0,
      failed: 0,
      cancelled: 0,
      started_at: aTime,
      completed_at: null,
    });
    await eventually(async () => {
      const shown = await cli.json<View>('replay', 'status', job.id);
      expect(shown).toMatchObject({ status: 'completed', processed: 2, succeeded: 2, completed_at: aTime });
    }, 30_000);
    expect(await cli.run('replay', 'status', job.id)).toMatch(/Progress +2\/2 \(100%\)\n *Succeeded +2\n/);
  }, 60_000);

  it('complains of what cannot be replayed', async () => {
    const create = (id: string, start: string, end: string) =>
      cli.fail('replay', 'create', '--destination', id, '--from', start, '--to', end);
    expect(await create(NOBODY, from, to)).toBe('Error: Destination not found\n');
    expect(await create(destination.id, '2020-01-01', '2020-01-02')).toBe('Error: Events not found\n');
    expect(await create(destination.id, to, from)).toBe(`Error: Invalid body: 'to' must be after from\n`);
    expect(await create(destination.id, 'yesterday', to)).toContain(`Invalid body: 'from' must be a date or time`);
    expect(await cli.fail('replay', 'status', NOBODY)).toBe('Error: Replay not found\n');
  });
});
