import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { newId } from '#libs/crypto';
import { Database } from '#libs/database';
import { EventWriter } from '#libs/events';
import { createLogger, Metrics } from '#libs/observability';
import { OperationalEventsService } from '#libs/operational';
import { redisOptions, type RouteJob } from '#libs/queues';
import { createDatabase, createTenant, eventually, type Tenant, type TestDatabase, testRedisUrl } from '#libs/testing';

describe('News of endpoints', () => {
  let test: TestDatabase;
  let database: Database;
  let queue: Queue<RouteJob>;
  let service: OperationalEventsService;
  let tenant: Tenant;
  let other: Tenant;
  const ids = { listener: newId(), second: newId(), customer: newId(), endpoint: newId(), own: newId() };

  beforeAll(async () => {
    test = await createDatabase();
    database = new Database(test.url);
    queue = new Queue<RouteJob>('route', { connection: redisOptions(await testRedisUrl()) });
    const log = createLogger('test', 'silent');
    service = new OperationalEventsService(database, new EventWriter(database, queue, new Metrics(), log), log);
    [tenant, other] = [await createTenant(test, 'first'), await createTenant(test, 'second')];
    for (const [id, operational] of [
      [ids.listener, true],
      [ids.second, true],
      [ids.customer, false],
    ] as const) {
      await test.query(
        `insert into applications (organization_id, environment_id, id, name, uid, operational)
         values ($1, $2, $3::uuid, 'a', replace($3::uuid::text, '-', ''), $4)`,
        [tenant.organizationId, tenant.environmentId, id, operational],
      );
    }
    for (const [id, application] of [
      [ids.endpoint, ids.customer],
      [ids.own, ids.listener],
    ]) {
      await test.query(
        `insert into endpoints (organization_id, environment_id, application_id, id, url, signing_secret)
         values ($1, $2, $3, $4, '', '')`,
        [tenant.organizationId, tenant.environmentId, application, id],
      );
    }
  });
  afterAll(async () => {
    await queue.close();
    await database.close();
    await test.drop();
  });
  beforeEach(async () => {
    await test.query('delete from operational_events');
    await test.query('delete from events');
    await test.query('delete from event_payloads');
    await test.query('delete from unrouted_events');
  });

  const note = (count: number, environmentId = tenant.environmentId) =>
    test.query(
      `insert into operational_events (environment_id, type, data)
       select $1, 'circuit.opened', jsonb_build_object('n', n) from generate_series(1, $2::int) n`,
      [environmentId, count],
    );
  const noted = async () => (await test.query('select from operational_events')).length;
  const messages = () =>
    test.query<{ id: string; source_id: string; event_type: string; body: { data: { n: number } } }>(
      `select e.id, e.source_id, e.event_type, p.body_text::json as body from events e join unrouted_events u on u.event_id = e.id
         join event_payloads p on p.event_id = e.id order by e.id`,
    );

  it('become a message of every application that listens, in order', async () => {
    await note(3);
    await service.send();
    expect(await noted()).toBe(0);
    const stored = await messages();
    for (const listener of [ids.listener, ids.second]) {
      const own = stored.filter((message) => message.source_id === listener);
      expect(own.map(({ event_type, body }) => [event_type, body.data.n])).toEqual(
        [1, 2, 3].map((n) => ['circuit.opened', n]),
      );
    }
    expect(stored).toHaveLength(6);
    const jobs = await queue.getJobs(['waiting']);
    expect(jobs.flatMap(({ data }) => data.eventIds).sort()).toEqual(stored.map(({ id }) => id).sort());
  });

  it('are forgotten where nobody listens', async () => {
    await note(2, other.environmentId);
    await service.send();
    expect([await noted(), await messages()]).toEqual([0, []]);
  });

  it('stay until their messages are stored', async () => {
    await test.query(`alter table unrouted_events add constraint nothing check (false) not valid`);
    await note(2);
    await expect(service.send()).rejects.toThrow('nothing');
    expect([await noted(), await messages()]).toEqual([2, []]);
    await test.query('alter table unrouted_events drop constraint nothing');
    await service.send();
    expect([await noted(), (await messages()).length]).toEqual([0, 4]);
  });

  it('are sent once, however many workers do so', async () => {
    await note(1000);
    await Promise.all([service.send(), service.send(), service.send(), service.send()]);
    await service.send();
    expect(await noted()).toBe(0);
    const told = (await messages()).filter(({ source_id }) => source_id === ids.second).map(({ body }) => body.data.n);
    expect(told.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  });

  it('are noted of the circuits of destinations and of customers’ endpoints, where somebody listens', async () => {
    const destinations = [newId(), newId()];
    for (const [index, { organizationId, environmentId }] of [tenant, other].entries()) {
      await test.query(
        `insert into destinations (organization_id, environment_id, id, name, slug) values ($1, $2, $3, 'd', 'd')`,
        [organizationId, environmentId, destinations[index]],
      );
    }
    for (const id of [ids.own, newId(), destinations[1]!, destinations[0]!, ids.endpoint]) {
      service.tellOfCircuit(id, 'circuit.opened');
    }
    await eventually(async () => {
      const rows = await test.query('select type, data from operational_events order by data');
      expect(rows).toHaveLength(2);
      expect(rows).toEqual(
        expect.arrayContaining([
          { type: 'circuit.opened', data: { destination_id: destinations[0] } },
          {
            type: 'circuit.opened',
            data: { application_id: ids.customer, application_uid: ids.customer, endpoint_id: ids.endpoint },
          },
        ]),
      );
    });
  });
});
