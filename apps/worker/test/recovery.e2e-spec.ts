import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { admissionKeys } from '#libs/destinations';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

interface Job {
  id: string;
  kind: string;
  status: string;
  error: string | null;
  destination_id: string;
  total: number;
  processed: number;
  skipped: number;
  pending: number;
  succeeded: number;
  failed: number;
  cancelled: number;
}

interface Attempt {
  id: string;
  message_id: string;
  endpoint_id: string;
  status: string;
  trigger_type: string;
}

interface Delivery {
  endpoint_id: string;
  endpoint_url: string | null;
  status: string;
  cause: string | null;
  attempts: number;
  next_retry_at: string | null;
}

interface Endpoint {
  id: string;
  /** Under which the api finds it. */
  route: string;
  /** At the receiver. */
  path: string;
}

const LONG_AGO = '2020-01-01T00:00:00Z';
const COMPLETION_MS = 40_000;

describe('Recovery', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  /** Paths that answer 410, after which a delivery is a dead letter. */
  const broken = new Set<string>();
  let names = 0;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([
      startHookstream({ workers: 2 }),
      startReceiver(({ url }, response) => {
        response.statusCode = broken.has(url) ? 410 : 200;
        response.end('ok');
      }),
    ]);
    for (const name of ['invoice.paid', 'user.made']) await hookstream.call('POST', '/v1/event-types', { name });
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  async function createApplication(): Promise<string> {
    const uid = `app-${++names}`;
    await hookstream.call('POST', '/v1/applications', { name: uid, uid });
    return uid;
  }

  async function createEndpoint(app: string, fields: object = {}): Promise<Endpoint> {
    const path = `/endpoint-${++names}`;
    const route = `/v1/applications/${app}/endpoints`;
    const body = { url: receiver.url + path, ...fields };
    const { endpoint } = await hookstream.call<{ endpoint: Endpoint }>('POST', route, body);
    return { id: endpoint.id, route: `${route}/${endpoint.id}`, path };
  }

  /** Posts so many messages, numbered, and waits until all are routed and nothing is on its way. */
  async function send(app: string, count: number, fields: object = {}): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < count; n++) {
      const { message } = await hookstream.call<{ message: { id: string } }>(
        'POST',
        `/v1/applications/${app}/messages`,
        { event_type: 'invoice.paid', payload: { n }, ...fields },
      );
      ids.push(message.id);
    }
    await settled(ids);
    return ids;
  }

  const settled = (messageIds: string[]) =>
    eventually(async () => {
      const [row] = await hookstream.database.query(
        `select (select count(*)::int from unrouted_events where event_id = any($1::uuid[])) as unrouted,
          (select count(*)::int from deliveries where event_id = any($1::uuid[]) and state in ('waiting', 'queued', 'retrying')) as live`,
        [messageIds],
      );
      expect(row).toEqual({ unrouted: 0, live: 0 });
    });

  /** Numbers of the messages that arrived at an endpoint and were taken, sorted. */
  const received = ({ path }: Endpoint) =>
    receiver.requests
      .filter(({ url }) => url === path)
      .map(({ body }) => (JSON.parse(String(body)) as { n: number }).n)
      .sort((a, b) => a - b);
  const forget = () => receiver.requests.splice(0);

  const change = ({ route }: Endpoint, fields: object) => hookstream.call('PATCH', route, fields);
  const start = async ({ route }: Endpoint, verb: 'recover' | 'replay-missing', body?: object): Promise<Job> =>
    (await hookstream.call<{ job: Job }>('POST', `${route}/${verb}`, body)).job;
  const job = async ({ route }: Endpoint, { id }: Job) =>
    (await hookstream.call<{ job: Job }>('GET', `${route}/recoveries/${id}`)).job;
  const completed = (endpoint: Endpoint, started: Job) =>
    eventually(async () => {
      const now = await job(endpoint, started);
      expect(now).toMatchObject({ status: 'completed', pending: 0 });
      return now;
    }, COMPLETION_MS);
  const states = async ({ id }: Endpoint) =>
    Object.fromEntries(
      (
        await hookstream.database.query<{ state: string; count: number }>(
          'select state, count(*)::int as count from deliveries where destination_id = $1 group by state',
          [id],
        )
      ).map(({ state, count }) => [state, count]),
    );
  const deliveries = async (app: string, messageId: string) =>
    (
      await hookstream.call<{ deliveries: Delivery[] }>(
        'GET',
        `/v1/applications/${app}/messages/${messageId}/deliveries`,
      )
    ).deliveries;
  const attempts = (route: string) =>
    hookstream.call<{ attempts: Attempt[]; cursor: string | null; has_more: boolean }>('GET', route);

  /** As many dead letters; their circuit is closed. */
  async function deadLetters(count: number): Promise<{ app: string; endpoint: Endpoint; ids: string[] }> {
    const app = await createApplication();
    const endpoint = await createEndpoint(app);
    broken.add(endpoint.path);
    const ids: string[] = [];
    while (ids.length < count) {
      ids.push(...(await send(app, Math.min(4, count - ids.length))));
      await resetCircuit(endpoint);
    }
    expect(await states(endpoint)).toEqual({ dead: count });
    broken.delete(endpoint.path);
    forget();
    return { app, endpoint, ids };
  }

  async function resetCircuit({ id }: Endpoint): Promise<void> {
    const redis = new Redis(hookstream.redisUrl);
    const { circuit, open, probe } = admissionKeys(id);
    await redis.del(circuit, open, probe);
    redis.disconnect();
  }

  async function refused(method: string, route: string, body?: object, key = hookstream.apiKey) {
    const response = await fetch(hookstream.url + route, {
      method,
      headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const { error, details } = (await response.json()) as { error: string; details?: object[] };
    return { status: response.status, error, ...(details && { details }) };
  }

  describe('of one message', () => {
    const retry = (app: string, id: string, body?: object) =>
      hookstream.call('POST', `/v1/applications/${app}/messages/${id}/retry`, body);

    it('goes to one endpoint, also to one that is newer than the message', async () => {
      const app = await createApplication();
      const [first, second] = [await createEndpoint(app), await createEndpoint(app)];
      const [id] = (await send(app, 1)) as [string];
      expect([first, second].map((endpoint) => received(endpoint))).toEqual([[0], [0]]);
      expect(await retry(app, id, { endpoint_id: second.id })).toEqual({ retried: true });
      await eventually(() => expect(received(second)).toEqual([0, 0]));
      const late = await createEndpoint(app, { filter_types: ['user.made'] });
      expect(await retry(app, id, { endpoint_id: `ep_${late.id}` })).toEqual({ retried: true });
      await eventually(() => expect(received(late)).toEqual([0]));
      await settled([id]);
      expect(received(first)).toEqual([0]);
      expect((await deliveries(app, id)).map(({ endpoint_id, attempts }) => [endpoint_id, attempts])).toEqual([
        [first.id, 1],
        [second.id, 2],
        [late.id, 1],
      ]);
      const { attempts: made } = await attempts(`/v1/applications/${app}/messages/${id}/attempts`);
      expect(made.filter((attempt) => attempt.trigger_type === 'manual').map((attempt) => attempt.endpoint_id)).toEqual(
        [late.id, second.id],
      );

      expect(await retry(app, id)).toEqual({ retried: true });
      await eventually(() =>
        expect([first, second, late].map((endpoint) => received(endpoint).length)).toEqual([2, 3, 2]),
      );
    }, 60_000);

    it('is refused for an endpoint of another application, and for one that is disabled', async () => {
      const app = await createApplication();
      const own = await createEndpoint(app);
      const theirs = await createEndpoint(await createApplication());
      const [id] = (await send(app, 1)) as [string];
      const route = `/v1/applications/${app}/messages/${id}/retry`;
      const notFound = { status: 404, error: 'Endpoint not found' };
      expect(await refused('POST', route, { endpoint_id: theirs.id })).toEqual(notFound);
      expect(await refused('POST', route, { endpoint_id: 'nonsense' })).toEqual(notFound);
      expect(await refused('POST', route, { endpoint_id: 7 })).toMatchObject({ status: 400 });
      await change(own, { status: 'disabled' });
      expect(await refused('POST', route, { endpoint_id: own.id })).toMatchObject({
        status: 400,
        details: [{ field: 'endpoint_id', message: 'is not active' }],
      });
      const text = await fetch(hookstream.url + route, {
        method: 'POST',
        headers: { 'X-API-Key': hookstream.apiKey, 'Content-Type': 'text/plain' },
        body: JSON.stringify({ endpoint_id: own.id }),
      });
      expect(text.status).toBe(400);
      expect([own, theirs].map((endpoint) => received(endpoint).length)).toEqual([1, 0]);
    }, 30_000);
  });

  describe('of dead letters', () => {
    it('sends those of one endpoint and of a time again, counts them, and shows them as recovered', async () => {
      const { app, endpoint, ids } = await deadLetters(6);
      const other = await deadLetters(1);
      await hookstream.database.query(`delete from event_payloads where event_id = $1`, [ids[5]]);
      const before = await start(endpoint, 'recover', { since: LONG_AGO, until: LONG_AGO.replace('2020', '2021') });
      expect(before).toMatchObject({ kind: 'recover', destination_id: endpoint.id, total: 0 });
      expect(await completed(endpoint, before)).toMatchObject({ total: 0, processed: 0 });

      // An id starts with its time.
      const since = new Date(parseInt(ids[1]!.slice(0, 12), 16)).toISOString();
      const started = await start(endpoint, 'recover', { since });
      expect(started).toMatchObject({ kind: 'recover', status: 'running', total: 5, processed: 0 });
      expect(await completed(endpoint, started)).toMatchObject({
        ...{ total: 4, processed: 4, skipped: 1, succeeded: 4, failed: 0, cancelled: 0 },
      });
      expect(received(endpoint)).toHaveLength(4);
      expect(await states(endpoint)).toEqual({ delivered: 4, dead: 2 });
      expect(await states(other.endpoint)).toEqual({ dead: 1 });
      const { attempts: made } = await attempts(`${endpoint.route}/attempts?status=success`);
      expect(made.map(({ trigger_type }) => trigger_type)).toEqual(Array.from({ length: 4 }, () => 'recovery'));
      const [delivery] = await deliveries(app, ids[1]!);
      expect(delivery).toEqual({
        ...{ endpoint_id: endpoint.id, endpoint_url: receiver.url + endpoint.path, status: 'delivered', cause: null },
        ...{ attempts: 2, next_retry_at: null },
      });

      const { jobs } = await hookstream.call<{ jobs: Job[] }>('GET', `${endpoint.route}/recoveries`);
      expect(jobs.map(({ id }) => id)).toEqual([started.id, before.id]);
      const page = await hookstream.call<{ jobs: Job[]; cursor: string }>(
        'GET',
        `${endpoint.route}/recoveries?limit=1`,
      );
      expect(page).toMatchObject({ jobs: [{ id: started.id }], has_more: true });
      const { job: seen } = await hookstream.call<{ job: Job }>('GET', `/v1/replay/${started.id}`);
      expect(seen).toEqual(await job(endpoint, started));
    }, 90_000);

    it('counts those that fail again, once, also when two run at once', async () => {
      const { endpoint } = await deadLetters(3);
      broken.add(endpoint.path);
      const jobs = await Promise.all([1, 2].map(() => start(endpoint, 'recover', { since: LONG_AGO })));
      const done = await Promise.all(jobs.map((started) => completed(endpoint, started)));
      expect(done.map(({ failed }) => failed).sort()).toEqual([0, 3]);
      expect(received(endpoint)).toHaveLength(3);
      expect(await states(endpoint)).toEqual({ dead: 3 });
    }, 60_000);

    it('is refused beside ten that have not ended', async () => {
      const { endpoint } = await deadLetters(1);
      await holdBack(endpoint);
      const jobs = await Promise.all(Array.from({ length: 10 }, () => start(endpoint, 'recover', { since: LONG_AGO })));
      await hookstream.database.query(`update replays set status = 'paused' where destination_id = $1`, [endpoint.id]);
      const another = { since: LONG_AGO };
      expect(await refused('POST', `${endpoint.route}/recover`, another)).toMatchObject({ status: 409 });
      expect(await refused('POST', `${endpoint.route}/replay-missing`, another)).toMatchObject({ status: 409 });
      await hookstream.call('POST', `${endpoint.route}/recoveries/${jobs[0]?.id}/cancel`);
      await start(endpoint, 'recover', another);
    }, 60_000);

    it('leaves them as they were when it is cancelled, and those that are on their way alone', async () => {
      const { app, endpoint } = await deadLetters(4);
      await holdBack(endpoint);
      const started = await start(endpoint, 'recover', { since: LONG_AGO });
      await eventually(async () => expect(await job(endpoint, started)).toMatchObject({ processed: 4, pending: 4 }));
      await hookstream.call('POST', `/v1/applications/${app}/messages`, {
        event_type: 'invoice.paid',
        payload: { n: 9 },
      });
      await eventually(async () => expect(await states(endpoint)).toEqual({ waiting: 5 }));
      expect((await start(endpoint, 'recover', { since: LONG_AGO })).total).toBe(0);
      const { job: cancelled } = await hookstream.call<{ job: Job }>(
        'POST',
        `${endpoint.route}/recoveries/${started.id}/cancel`,
      );
      expect(cancelled.status).toBe('cancelled');
      await eventually(async () =>
        expect(await job(endpoint, started)).toMatchObject({ pending: 0, cancelled: 4, failed: 0 }),
      );
      expect(await states(endpoint)).toEqual({ dead: 4, waiting: 1 });
      expect(await refused('POST', `/v1/replay/${started.id}/resume`)).toMatchObject({ status: 409 });
      await resetCircuit(endpoint);
      await change(endpoint, { description: 'woken' });
      await eventually(() => expect(received(endpoint)).toEqual([9]));
    }, 60_000);

    it('ends as failed when the endpoint is disabled meanwhile', async () => {
      const { endpoint } = await deadLetters(2);
      // Nobody makes a step in between.
      await Promise.all(hookstream.workers.splice(0).map((worker) => worker.kill('SIGTERM')));
      const started = await start(endpoint, 'recover', { since: LONG_AGO });
      await change(endpoint, { status: 'disabled' });
      hookstream.workers.push(await hookstream.startWorker(), await hookstream.startWorker());
      await eventually(async () =>
        expect(await job(endpoint, started)).toMatchObject({ status: 'failed', error: 'destination_disabled' }),
      );
      expect(await states(endpoint)).toEqual({ dead: 2 });
    }, 60_000);
  });

  describe('of what is missing', () => {
    it('sends an endpoint that is newer than the messages what it takes, oldest first, and nothing twice', async () => {
      const app = await createApplication();
      const [paid, , late] = [await send(app, 3), await send(app, 2, { event_type: 'user.made' }), await send(app, 1)];
      const endpoint = await createEndpoint(app, { filter_types: ['invoice.*'] });
      const after = await send(app, 1, { payload: { n: 7 } });
      expect(received(endpoint)).toEqual([7]);
      // Since the endpoint was made nothing is missing.
      expect(await start(endpoint, 'replay-missing')).toMatchObject({ kind: 'replay_missing', total: 0 });
      await hookstream.call('DELETE', `/v1/applications/${app}/messages/${late[0]}/payload`);

      const jobs = await Promise.all([1, 2].map(() => start(endpoint, 'replay-missing', { since: LONG_AGO })));
      expect(jobs.map(({ total }) => total)).toEqual([3, 3]);
      const done = await Promise.all(jobs.map((started) => completed(endpoint, started)));
      expect(done.map(({ processed }) => processed).sort()).toEqual([0, 3]);
      expect(done.map(({ succeeded }) => succeeded).sort()).toEqual([0, 3]);
      expect(done.map(({ skipped }) => skipped)).toEqual([1, 1]);
      expect(received(endpoint)).toEqual([0, 1, 2, 7]);
      expect(await start(endpoint, 'replay-missing', { since: LONG_AGO })).toMatchObject({ total: 0 });
      const { attempts: made } = await attempts(`${endpoint.route}/attempts`);
      expect(made.map((attempt) => [attempt.message_id, attempt.trigger_type]).sort()).toEqual(
        [...paid.map((id) => [id, 'recovery']), [after[0], 'event']].sort(),
      );
    }, 90_000);

    it('sends what was posted while the endpoint was disabled, had expired or took something else', async () => {
      const app = await createApplication();
      const endpoint = await createEndpoint(app, { channels: ['a'] });
      await send(app, 1, { channels: ['a'] });
      expect(received(endpoint)).toEqual([0]);
      await change(endpoint, { status: 'disabled' });
      const disabled = await send(app, 1, { channels: ['a', 'b'], payload: { n: 1 } });
      await change(endpoint, { status: 'active', filter_types: ['user.made'] });
      await send(app, 1, { channels: ['a'], payload: { n: 2 } });
      await change(endpoint, { filter_types: null, expires_at: new Date(Date.now() + 500).toISOString() });
      await eventually(async () =>
        expect(await hookstream.call('GET', endpoint.route)).toMatchObject({ endpoint: { status: 'expired' } }),
      );
      await send(app, 1, { channels: ['a'], payload: { n: 3 } });
      await send(app, 1, { channels: ['b'], payload: { n: 4 } });
      expect(await refused('POST', `${endpoint.route}/replay-missing`)).toMatchObject({
        status: 400,
        details: [{ field: 'id', message: 'is not active' }],
      });
      await change(endpoint, { expires_at: null });
      expect(await deliveries(app, disabled[0]!)).toEqual([]);

      const started = await start(endpoint, 'replay-missing');
      expect(started.total).toBe(3);
      expect(await completed(endpoint, started)).toMatchObject({ total: 3, processed: 3, succeeded: 3, skipped: 0 });
      expect(received(endpoint)).toEqual([0, 1, 2, 3]);
      await change(endpoint, { channels: null });
      const rest = await start(endpoint, 'replay-missing');
      expect(await completed(endpoint, rest)).toMatchObject({ total: 1, succeeded: 1 });
      expect(received(endpoint)).toEqual([0, 1, 2, 3, 4]);
    }, 90_000);

    it('sends what waited when the endpoint was disabled, and leaves what fails or is on its way alone', async () => {
      const { app, endpoint } = await deadLetters(1);
      await holdBack(endpoint);
      for (const n of [5, 6]) {
        await hookstream.call('POST', `/v1/applications/${app}/messages`, {
          event_type: 'invoice.paid',
          payload: { n },
        });
      }
      await eventually(async () => expect(await states(endpoint)).toEqual({ dead: 1, waiting: 2 }));
      expect((await start(endpoint, 'replay-missing')).total).toBe(0);
      await change(endpoint, { status: 'disabled' });
      await eventually(async () => expect(await states(endpoint)).toEqual({ dead: 1, cancelled: 2 }));
      await resetCircuit(endpoint);
      await change(endpoint, { status: 'active' });
      const started = await start(endpoint, 'replay-missing');
      expect(await completed(endpoint, started)).toMatchObject({ total: 2, succeeded: 2 });
      expect(received(endpoint)).toEqual([5, 6]);
      expect(await states(endpoint)).toEqual({ dead: 1, delivered: 2 });
    }, 90_000);

    it('takes back what waits when it is cancelled, and another one sends it', async () => {
      const app = await createApplication();
      await send(app, 3);
      const endpoint = await createEndpoint(app);
      await holdBack(endpoint);
      const started = await start(endpoint, 'replay-missing', { since: LONG_AGO });
      await eventually(async () => expect(await job(endpoint, started)).toMatchObject({ processed: 3, pending: 3 }));
      await hookstream.call('POST', `${endpoint.route}/recoveries/${started.id}/cancel`);
      await eventually(async () => expect(await job(endpoint, started)).toMatchObject({ pending: 0, cancelled: 3 }));
      expect(await states(endpoint)).toEqual({ cancelled: 3 });
      await resetCircuit(endpoint);
      const again = await start(endpoint, 'replay-missing', { since: LONG_AGO });
      expect(await completed(endpoint, again)).toMatchObject({ total: 3, succeeded: 3 });
      expect(await job(endpoint, started)).toMatchObject({ status: 'cancelled', cancelled: 3, succeeded: 0 });
      expect(received(endpoint)).toEqual([0, 1, 2]);
    }, 90_000);

    it('goes on where it was when the workers are killed and Redis is emptied', async () => {
      const app = await createApplication();
      await send(app, 250);
      const endpoint = await createEndpoint(app);
      const started = await start(endpoint, 'replay-missing', { since: LONG_AGO });
      expect(started.total).toBe(250);
      await eventually(async () => expect((await job(endpoint, started)).processed).toBeGreaterThan(0));
      await Promise.all(hookstream.workers.splice(0).map((worker) => worker.kill('SIGKILL')));
      expect((await job(endpoint, started)).processed).toBeLessThan(250);
      const redis = new Redis(hookstream.redisUrl);
      await redis.flushdb();
      redis.disconnect();
      hookstream.workers.push(...(await Promise.all([hookstream.startWorker(), hookstream.startWorker()])));
      // With what was queued: a lost job is found within 35 s.
      await eventually(
        async () => expect(await job(endpoint, started)).toMatchObject({ status: 'completed', succeeded: 250 }),
        90_000,
      );
      expect(new Set(received(endpoint)).size).toBe(250);
      expect(await states(endpoint)).toEqual({ delivered: 250 });
    }, 150_000);
  });

  describe('is nobody else’s', () => {
    it('finds no endpoint and no job of another application or tenant', async () => {
      const { app, endpoint } = await deadLetters(1);
      const [sibling, stranger] = [await createEndpoint(app), await createEndpoint(await createApplication())];
      const started = await start(endpoint, 'recover', { since: LONG_AGO });
      const foreign = stranger.route.replace(stranger.id, endpoint.id);
      const endpointNotFound = { status: 404, error: 'Endpoint not found' };
      for (const verb of ['recover', 'replay-missing']) {
        expect(await refused('POST', `${foreign}/${verb}`, { since: LONG_AGO })).toEqual(endpointNotFound);
      }
      for (const list of ['recoveries', 'attempts', `recoveries/${started.id}`]) {
        expect(await refused('GET', `${foreign}/${list}`)).toEqual(endpointNotFound);
      }
      const notFound = { status: 404, error: 'Recovery not found' };
      for (const { route } of [sibling, stranger]) {
        expect(await refused('GET', `${route}/recoveries/${started.id}`)).toEqual(notFound);
        expect(await refused('POST', `${route}/recoveries/${started.id}/cancel`)).toEqual(notFound);
        expect(await hookstream.call('GET', `${route}/recoveries`)).toMatchObject({ jobs: [] });
      }
      const path = `${endpoint.route}/recoveries/${started.id}`;
      expect(await refused('GET', path, undefined, hookstream.secondTenantKey)).toMatchObject({ status: 404 });
      expect(await refused('POST', `${path}/cancel`, undefined, hookstream.secondTenantKey)).toMatchObject({
        status: 404,
      });
      expect(await completed(endpoint, started)).toMatchObject({ succeeded: 1 });
    }, 60_000);

    it('names the field that is wrong', async () => {
      const endpoint = await createEndpoint(await createApplication());
      const problem = async (verb: string, body: object) =>
        (await refused('POST', `${endpoint.route}/${verb}`, body)) as { status: number; details?: object[] };
      expect(await problem('recover', {})).toMatchObject({ status: 400, details: [{ field: 'since' }] });
      for (const verb of ['recover', 'replay-missing']) {
        expect(await problem(verb, { since: 'yesterday' })).toMatchObject({ details: [{ field: 'since' }] });
        expect(await problem(verb, { since: LONG_AGO, until: LONG_AGO })).toMatchObject({
          details: [{ field: 'until', message: 'must be after since' }],
        });
        expect(await problem(verb, { since: '1969-01-01' })).toMatchObject({
          details: [{ field: 'since', message: 'must not be before 1970' }],
        });
      }
    }, 30_000);
  });

  it('lists attempts page by page, newest first, and those that failed', async () => {
    const { app, endpoint, ids } = await deadLetters(3);
    const second = await createEndpoint(app);
    const [id] = (await send(app, 1)) as [string];
    const route = `${endpoint.route}/attempts`;
    const seen: Attempt[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await attempts(`${route}?limit=3${cursor && `&cursor=${cursor}`}`);
      expect(page.has_more).toBe(page.cursor !== null);
      seen.push(...page.attempts);
      cursor = page.cursor;
    }
    // The three were sent at the same time, in any order.
    expect(seen[0]?.message_id).toBe(id);
    expect(new Set(seen.map((attempt) => attempt.message_id))).toEqual(new Set([id, ...ids]));
    expect(seen).toHaveLength(4);
    expect(seen.map((attempt) => attempt.id)).toEqual(
      seen
        .map((attempt) => attempt.id)
        .sort()
        .reverse(),
    );
    expect((await attempts(`${route}?status=failed`)).attempts).toEqual(seen.slice(1));
    expect((await attempts(`${route}?status=timeout`)).attempts).toEqual([]);
    expect(seen[0]).toEqual(
      expect.objectContaining({ endpoint_id: endpoint.id, status: 'success', trigger_type: 'event' }),
    );
    const ofMessage = await attempts(`/v1/applications/${app}/messages/${id}/attempts?limit=2`);
    expect(new Set(ofMessage.attempts.map((attempt) => attempt.endpoint_id))).toEqual(
      new Set([endpoint.id, second.id]),
    );
    expect(ofMessage).toMatchObject({ cursor: null, has_more: false });
    expect(await refused('GET', `${route}?cursor=x`)).toMatchObject({ status: 400, details: [{ field: 'cursor' }] });
    expect(await refused('GET', `${route}?status=gone`)).toMatchObject({ status: 400, details: [{ field: 'status' }] });
    expect(await refused('GET', `/v1/applications/${app}/messages/${endpoint.id}/attempts`)).toMatchObject({
      status: 404,
    });
  }, 60_000);

  /** Opens the circuit: what is sent there waits. */
  async function holdBack(endpoint: Endpoint): Promise<void> {
    const redis = new Redis(hookstream.redisUrl);
    const { circuit, open } = admissionKeys(endpoint.id);
    await redis.hset(circuit, { state: 'open', failures: 5, opened_at: Date.now(), last_failure_at: Date.now() });
    await redis.set(open, '1', 'PX', 600_000);
    redis.disconnect();
  }
});
