import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';
import { Cli } from './cli.js';
import { NOBODY, type View } from './client.js';

const NO_KEY = `hs_live_${'0'.repeat(64)}`;

interface Listed {
  events: View[];
  delivery_attempts: View[];
  pagination: { total: number; has_more: boolean; next_cursor: string | null };
}

/** Every test goes on from where the one before ended, as a person at a terminal would. */
describe('@hookstream/cli', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let cli: Cli;

  beforeAll(async () => {
    const answer = startReceiver(({ url }, response) => {
      response.statusCode = url === '/takes' ? 200 : 410;
      response.end('an answer');
    });
    [hookstream, receiver] = await Promise.all([startHookstream(), answer]);
    cli = new Cli(hookstream.url);
  });
  afterAll(async () => {
    cli.remove();
    await Promise.all([hookstream.stop(), receiver.stop()]);
  });

  let source: View;
  let destination: View;
  let connection: View;
  let event: View;
  let deadLetter: View;

  /** Deletes with both outputs: a second one has nothing to delete. */
  async function deletes(resource: string, { id }: View): Promise<void> {
    expect(await cli.json(resource, 'delete', id, '--force')).toEqual({ success: true, id });
    expect(await cli.fail(resource, 'delete', id, '--force')).toMatch(/ not found$/m);
    expect(await cli.fail(resource, 'get', id)).toMatch(/^Error: .* not found$/m);
  }

  describe('before the login', () => {
    it('does nothing', async () => {
      expect(await cli.fail('sources', 'list')).toContain('Not authenticated');
      expect(await cli.fail('whoami')).toContain('Not logged in');
    });

    it('works with the key of a single command', async () => {
      expect(await cli.json('--api-key', hookstream.apiKey, '--base-url', hookstream.url, 'sources', 'list')).toEqual(
        [],
      );
      expect(await cli.fail('--api-key', NO_KEY, 'sources', 'list')).toBe('Error: Invalid API key\n');
    });
  });

  describe('login and whoami', () => {
    it('refuse a key that does not exist', async () => {
      const complaint = await cli.failWith(`${NO_KEY}\n`, 'login', '--interactive');
      expect(complaint).toBe('Error: Authentication failed: Invalid API key\n');
    });

    it('remember a key', async () => {
      const prefix = `${hookstream.apiKey.slice(0, 16)}...`;
      const output = await cli.answer(`${hookstream.apiKey}\n`, 'login', '--interactive');
      expect(output).toContain(`Logged in as ${prefix}`);
      const who = { api_key_prefix: prefix, base_url: hookstream.url, source_count: 0 };
      expect(await cli.json('whoami')).toMatchObject(who);
      expect(await cli.run('whoami')).toMatch(/API Key +hs_test_\S+\n *Base URL +http\S+\n *Sources +0/);
    });
  });

  describe('sources', () => {
    it('are created and shown', async () => {
      source = await cli.json<View>('sources', 'create', 'Stripe Webhooks');
      expect(source).toMatchObject({ name: 'Stripe Webhooks', slug: 'stripe-webhooks', status: 'active' });
      const github = await cli.run('sources', 'create', 'GitHub', '--slug', 'gh', '--template', 'github');
      expect(github).toMatch(/Source created: GitHub\n[^]*Slug +gh\n *Template +github\n *Ingest URL +http/);
      const listed = await cli.json<View[]>('sources', 'list', '--status', 'active');
      expect(listed).toMatchObject([{ slug: 'gh', template: 'github' }, source]);
      expect(await cli.run('sources', 'list')).toMatch(/Stripe Webhooks +stripe-webhooks +custom +active +0 +—/);
      expect(await cli.json('sources', 'get', source.id)).toEqual(source);
      expect(await cli.run('sources', 'get', source.id)).toMatch(
        new RegExp(`Ingest URL +${hookstream.url}/v1/ingest/${source.id}\n *Verification +disabled\n *Dedup +disabled`),
      );
      const verified = listed[0]!;
      expect(await cli.run('sources', 'get', verified.id)).toMatch(/Verification +/);
      await deletes('sources', verified);
    });

    it('have templates', async () => {
      const templates = await cli.json<View[]>('sources', 'templates');
      expect(templates.map(({ id }) => id)).toEqual(expect.arrayContaining(['stripe', 'github', 'shopify', 'custom']));
      const github = templates.find(({ id }) => id === 'github')!;
      expect(github).toMatchObject({ name: 'GitHub', verification_type: 'hmac_sha256' });
      const table = await cli.run('sources', 'templates');
      expect(table).toMatch(/ID +Name +Description +Verification/);
      expect(table).toMatch(/github +GitHub +\S.* hmac_sha256/);
      expect(table).toMatch(/custom +Custom +\S.* none/);
    });

    it('are not created twice', async () => {
      expect(await cli.fail('sources', 'create', 'Stripe Webhooks')).toBe('Error: This slug is already in use\n');
    });
  });

  describe('destinations', () => {
    it('are created and shown', async () => {
      const settings = ['--header', 'X-A: b', 'X-C:d:e', '--timeout', '5000', '--method', 'put'];
      const url = `${receiver.url}/takes`;
      destination = await cli.json<View>('destinations', 'create', 'My API', '--url', url, ...settings);
      expect(destination).toMatchObject({
        slug: 'my-api',
        type: 'http',
        method: 'PUT',
        timeout_ms: 5000,
        headers: '{"X-A":"b","X-C":"d:e"}',
        auth_type: 'none',
      });
      const created = await cli.run('destinations', 'create', 'Gone', '--url', `${receiver.url}/gone`);
      expect(created).toMatch(/Destination created: Gone[^]*Method +POST\n *Auth +none\n *Timeout +30000ms/);
      const listed = await cli.json<View[]>('destinations', 'list', '--type', 'http', '--status', 'active');
      expect(listed).toMatchObject([{ name: 'Gone' }, destination]);
      expect(await cli.run('destinations', 'list')).toMatch(/My API +http +http:\S+ +PUT +active +0 +—/);
      expect(await cli.json('destinations', 'get', destination.id)).toEqual({ ...destination, delivery_count: 0 });
      expect(await cli.run('destinations', 'get', destination.id)).toMatch(/Slug +my-api\n *URL +http/);
    });
  });

  describe('connections', () => {
    it('are created with a filter and shown', async () => {
      const ends = ['--source', source.id, '--destination', destination.id];
      const filter = JSON.stringify([{ field: 'body.type', operator: 'eq', value: 'paid' }]);
      connection = await cli.json<View>('connections', 'create', 'Paid', ...ends, '--filter', filter);
      expect(connection).toMatchObject({ source_name: 'Stripe Webhooks', destination_name: 'My API', enabled: 1 });
      const [gone] = await cli.json<View[]>('destinations', 'list');
      const created = await cli.run(
        'connections',
        'create',
        'To gone',
        '--source',
        source.id,
        '--destination',
        gone!.id,
      );
      expect(created).toMatch(/Source +Stripe Webhooks\n *Destination +Gone\n *Enabled +yes\n *Filters +none/);
      const listed = await cli.json<View[]>('connections', 'list', ...ends, '--status', 'active');
      expect(listed).toMatchObject([{ id: connection.id, name: 'Paid' }]);
      expect(await cli.run('connections', 'list')).toMatch(/Paid +Stripe Webhooks → My API +yes +active +0 +—/);
      const read = await cli.json<View>('connections', 'get', connection.id);
      const rule = { field: 'payload.type', op: 'eq', value: 'paid' };
      expect(JSON.parse(String(read.filter_rules))).toEqual([rule]);
      expect(await cli.run('connections', 'get', connection.id)).toMatch(/Filters +\[\{.*"payload.type"/);
    });

    it('are refused when the filter is wrong', async () => {
      const ends = ['--source', source.id, '--destination', destination.id];
      const wrong = ['connections', 'create', 'Wrong', ...ends, '--filter', '[{"field":"body.a","operator":"is"}]'];
      expect(await cli.fail(...wrong)).toMatch(/^Error: Invalid body: 'filter_rules\[0\]/);
    });
  });

  describe('test', () => {
    it('sends events', async () => {
      await cli.run('test', source.id, '--payload', '{"type":"other"}');
      const sent = await cli.json('test', source.id, '--payload', '{"type":"paid"}', '-H', 'X-Mine:1');
      expect(sent).toMatchObject({ source_id: source.id, event: { id: sent.event_id, payload: '{"type":"paid"}' } });
      expect(await cli.fail('test', NOBODY)).toBe('Error: Source not found\n');
    });
  });

  describe('events', () => {
    it('are listed and shown', async () => {
      const list = ['events', 'list', '--source', source.id, '--method', 'post'];
      await eventually(async () => {
        const { events, pagination } = await cli.json<Listed>(...list);
        expect(events).toHaveLength(2);
        expect(pagination).toMatchObject({ total: 2, has_more: false, next_cursor: null });
        event = events[0]!;
        expect(event.status).toBe('failed');
      });
      const first = await cli.json<Listed>(...list, '--limit', '1');
      expect(first.pagination.has_more).toBe(true);
      const rest = await cli.json<Listed>(...list, '--cursor', first.pagination.next_cursor!);
      expect(rest.events).toHaveLength(1);
      const table = await cli.run(...list, '--limit', '1', '--verification', event.verification_status as string);
      expect(table).toMatch(/Stripe Webhooks +POST +\w+ +15 B/);
      expect(table).toMatch(/1 of 2 events \(more available\)\n *Next: hookstream events list --cursor \S+/);
      expect(await cli.json('events', 'get', event.id)).toMatchObject({
        id: event.id,
        payload: '{"type":"paid"}',
        headers: { 'x-mine': '1' },
      });
      const shown = await cli.run('events', 'get', event.id);
      expect(shown).toMatch(
        /Source +Stripe Webhooks \([0-9a-f]{32}\)\n *Method +POST\n *Content-Type +application\/json/,
      );
      expect(shown).toMatch(/Headers\n[^]*x-mine: 1[^]*Payload\n *\{\n *"type": "paid"\n/);
    });

    it('are retried, and replayed from the terminal', async () => {
      expect(await cli.json('events', 'retry', event.id)).toEqual({ event_id: event.id, retried: 1 });
      await eventually(async () => {
        expect(await cli.run('events', 'retry', event.id)).toMatch(/Retried 1 delivery attempt\(s\) for event/);
      });
      const replayed = await cli.json('events', 'replay', event.id, '--to', `${receiver.url}/takes`);
      expect(replayed).toMatchObject({ event_id: event.id, status: 200 });
    });
  });

  describe('deliveries', () => {
    it('are listed and shown', async () => {
      const of = ['--event', event.id, '--connection', connection.id, '--destination', destination.id];
      const { delivery_attempts: done, pagination } = await eventually(async () => {
        const listed = await cli.json<Listed>('deliveries', 'list', ...of, '--status', 'success');
        expect(listed.delivery_attempts).toHaveLength(1);
        return listed;
      });
      expect(pagination).toMatchObject({ total: 1, has_more: false });
      expect(await cli.run('deliveries', 'list', ...of)).toMatch(/My API +success +200 +#1 +\d+ms/);
      expect(await cli.json('deliveries', 'get', done[0]!.id)).toEqual(done[0]);
      const shown = await cli.run('deliveries', 'get', done[0]!.id);
      expect(shown).toMatch(/Connection +Paid\n[^]*Request +PUT http[^]*DLQ +No[^]*Response body:\n *an answer/);
    });

    it('are found among the dead letters, and retried', async () => {
      const { delivery_attempts: letters } = await cli.json<Listed>('deliveries', 'dlq', '--limit', '100');
      deadLetter = letters.find(({ event_id }) => event_id === event.id)!;
      expect(deadLetter).toMatchObject({ is_dlq: 1, destination_name: 'Gone', response_status: 410 });
      expect(await cli.run('deliveries', 'dlq')).toMatch(/Gone +\S+ +\d/);
      expect((await cli.json<Listed>('deliveries', 'list', '--dlq')).delivery_attempts).toHaveLength(letters.length);
      await eventually(async () => {
        const retried = await cli.json<Record<string, View>>('deliveries', 'retry', deadLetter.id);
        expect(retried).toMatchObject({ delivery_attempt: { id: deadLetter.id } });
      });
      await eventually(async () => {
        const output = await cli.run('deliveries', 'retry', deadLetter.id);
        expect(output).toMatch(/Retry triggered for attempt [^]*New Attempt ID +[0-9a-f]{32}/);
      });
      expect(await cli.fail('deliveries', 'retry', NOBODY)).toBe('Error: Delivery attempt not found\n');
    });
  });

  describe('applications', () => {
    it('are created, found, shown and deleted', async () => {
      const application = await cli.json<View>('applications', 'create', 'ACME Corp', '--metadata', '{"plan":"gold"}');
      expect(application).toMatchObject({ uid: 'acme-corp', metadata: '{"plan":"gold"}' });
      const created = await cli.run('applications', 'create', 'Other', '--uid', 'other-1');
      expect(created).toMatch(/Application created: Other[^]*UID +other-1\n *Status +active/);
      expect(await cli.json('applications', 'list', '--search', 'ACME')).toEqual([application]);
      expect(await cli.run('applications', 'list', '--limit', '10')).toMatch(/ACME Corp +active +0 +0 /);
      expect(await cli.json('applications', 'get', application.id)).toEqual(application);
      expect(await cli.run('applications', 'get', 'acme-corp')).toMatch(/Metadata +\{"plan":"gold"\}\n *Rate Limit +—/);
      expect(await cli.fail('applications', 'create', 'ACME Corp')).toBe('Error: This uid is already in use\n');
      await deletes('applications', application);
    });
  });

  describe('billing', () => {
    it('shows what is used of the plan', async () => {
      expect(await cli.json('billing', 'usage')).toMatchObject({
        plan: 'self_hosted',
        events: { limit: 1_000_000_000, percentage: 0 },
        sources: { used: 1, limit: null },
        destinations: { used: 2, limit: null },
      });
      const shown = await cli.run('billing', 'usage');
      expect(shown).toMatch(/Plan: SELF_HOSTED[^]*0%\n *\d+ \/ 1,000,000,000\n[^]*Retention +36500 days/);
    });

    it('shows that there is no subscription', async () => {
      expect(await cli.json('billing', 'subscription')).toEqual({ subscription: null });
      expect(await cli.run('billing', 'subscription')).toContain('No active subscription');
    });
  });

  it('deletes what it has created, and logs out', async () => {
    await deletes('connections', connection);
    await deletes('destinations', destination);
    expect(await cli.run('sources', 'delete', source.id, '--force')).toContain(`Source ${source.id} deleted.`);
    expect(await cli.run('logout')).toContain('Logged out');
    expect(await cli.fail('whoami')).toContain('Not logged in');
  });
});
