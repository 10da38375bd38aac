import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

interface Attempt {
  id: string;
  status: string;
  attempt_number: number;
  response_status: number | null;
  response_body: string | null;
  duration_ms: number;
  next_retry_at: string | null;
  is_dlq: number;
  dlq_at: string | null;
  trigger_type: string;
  created_at: string;
  cause: string | null;
}

describe('Retries', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let sourceId: string;
  /** Tries of each event that fail before one succeeds. */
  const failures = new Map<string, number>();

  beforeAll(async () => {
    hookstream = await startHookstream();
    receiver = await startReceiver(({ headers, url }, response) => {
      const attempt = Number(headers['x-hookstream-delivery-attempt']);
      const fails = url === '/never' || attempt <= (failures.get(url) ?? 0);
      response.statusCode = fails ? 500 : 200;
      response.end(fails ? `no ${attempt}` : 'yes');
    });
    const { source } = await hookstream.call<{ source: { id: string } }>('POST', '/v1/sources', {
      name: 's',
      slug: 's',
    });
    sourceId = source.id;
  });

  afterAll(async () => {
    await Promise.all([hookstream.stop(), receiver.stop()]);
  });

  /** Connects the source to a path of the receiver and sends one webhook that only this destination takes. */
  async function deliver(path: string, policy: object): Promise<string> {
    const slug = path.slice(1);
    const { destination } = await hookstream.call<{ destination: { id: string } }>('POST', '/v1/destinations', {
      name: slug,
      slug,
      url: receiver.url + path,
      ...policy,
    });
    await hookstream.call('POST', '/v1/connections', {
      name: slug,
      source_id: sourceId,
      destination_id: destination.id,
      filter_rules: [{ field: 'payload.for', op: 'eq', value: slug }],
    });
    const { event_id } = await hookstream.call<{ event_id: string }>('POST', `/v1/ingest/${sourceId}`, { for: slug });
    return event_id;
  }

  /** Oldest first. */
  async function attemptsOf(eventId: string): Promise<Attempt[]> {
    const { delivery_attempts } = await hookstream.call<{ delivery_attempts: Attempt[] }>(
      'GET',
      `/v1/delivery-attempts?event_id=${eventId}`,
    );
    return delivery_attempts.reverse();
  }

  const statusOf = async (eventId: string) =>
    (await hookstream.call<{ event: { status: string } }>('GET', `/v1/events/${eventId}`)).event.status;

  it('tries again at the intervals of the policy until it succeeds, and shows every attempt', async () => {
    failures.set('/twice', 2);
    const eventId = await deliver('/twice', { retry_intervals: [0.2, 0.6], retry_backoff_type: 'exponential' });
    await eventually(async () => expect(await statusOf(eventId)).toBe('delivered'));
    const attempts = await attemptsOf(eventId);
    expect(attempts).toMatchObject([
      {
        attempt_number: 1,
        status: 'failed',
        response_status: 500,
        response_body: 'no 1',
        trigger_type: 'event',
        is_dlq: 0,
      },
      {
        attempt_number: 2,
        status: 'failed',
        response_status: 500,
        response_body: 'no 2',
        trigger_type: 'retry',
        is_dlq: 0,
      },
      {
        attempt_number: 3,
        status: 'success',
        response_status: 200,
        response_body: 'yes',
        next_retry_at: null,
        is_dlq: 0,
      },
    ]);
    for (const [index, seconds] of [0.2, 0.6].entries()) {
      const [attempt, next] = attempts.slice(index) as [Attempt, Attempt];
      const due = Date.parse(String(attempt.next_retry_at));
      expect(due - Date.parse(attempt.created_at)).toBeGreaterThanOrEqual(seconds * 1000);
      expect(Date.parse(next.created_at)).toBeGreaterThanOrEqual(due);
      expect(attempt.duration_ms).toBeGreaterThanOrEqual(0);
    }
  });

  it('tries again though Redis has forgotten the retry', async () => {
    failures.set('/forgotten', 1);
    const eventId = await deliver('/forgotten', { retry_intervals: [1] });
    await eventually(async () => expect(await attemptsOf(eventId)).toHaveLength(1));
    const redis = new Redis(hookstream.redisUrl);
    await redis.flushdb();
    redis.disconnect();
    await eventually(async () => expect(await statusOf(eventId)).toBe('delivered'), 30_000);
    expect(await attemptsOf(eventId)).toMatchObject([
      { status: 'failed' },
      { status: 'success', trigger_type: 'retry' },
    ]);
  }, 60_000);

  it('ends as a dead letter when the policy is exhausted, and can be retried by hand', async () => {
    const eventId = await deliver('/never', {
      retry_intervals: [0.1],
      circuit_breaker_enabled: false,
      retry_max_attempts: 2,
      retry_backoff_type: 'fixed',
    });
    await eventually(async () => expect(await statusOf(eventId)).toBe('failed'));
    const attempts = await attemptsOf(eventId);
    expect(attempts.map(({ is_dlq, status }) => [status, is_dlq])).toEqual([
      ['failed', 0],
      ['failed', 0],
      ['failed', 1],
    ]);
    expect(attempts[2]).toMatchObject({ dlq_at: expect.any(String), next_retry_at: null, cause: 'response_5xx' });
    const dead = await hookstream.call<{ delivery_attempts: Attempt[] }>('GET', '/v1/delivery-attempts?is_dlq=1');
    expect(dead.delivery_attempts.map(({ id }) => id)).toEqual([attempts[2]?.id]);

    const retried = await hookstream.call<{ retried: number }>('POST', `/v1/events/${eventId}/retry`);
    expect(retried.retried).toBe(1);
    await eventually(async () => expect(await attemptsOf(eventId)).toHaveLength(6));
    await eventually(async () => expect(await statusOf(eventId)).toBe('failed'));
    expect((await attemptsOf(eventId)).map(({ trigger_type }) => trigger_type)).toEqual([
      'event',
      'retry',
      'retry',
      'manual',
      'retry',
      'retry',
    ]);
  });

  it('sends a delivered attempt again when asked to', async () => {
    const eventId = await deliver('/fine', {});
    await eventually(async () => expect(await statusOf(eventId)).toBe('delivered'));
    const [attempt] = (await attemptsOf(eventId)) as [Attempt];
    await hookstream.call('POST', `/v1/delivery-attempts/${attempt.id}/retry`);
    await eventually(async () =>
      expect(await attemptsOf(eventId)).toMatchObject([{}, { trigger_type: 'manual', status: 'success' }]),
    );
  });

  it('makes a failing transform a dead letter that succeeds once the expression is mended', async () => {
    const eventId = await deliver('/reshaped', {});
    await eventually(async () => expect(await statusOf(eventId)).toBe('delivered'));
    const { connections } = await hookstream.call<{ connections: { id: string; name: string }[] }>(
      'GET',
      '/v1/connections',
    );
    const id = connections.find(({ name }) => name === 'reshaped')?.id;
    const setTransform = (transform_expression: string) =>
      hookstream.call('PATCH', `/v1/connections/${id}`, { transform_enabled: true, transform_expression });

    await setTransform('$error("not this way")');
    const second = await hookstream.call<{ event_id: string }>('POST', `/v1/ingest/${sourceId}`, { for: 'reshaped' });
    await eventually(async () => expect(await statusOf(second.event_id)).toBe('failed'));
    expect(await attemptsOf(second.event_id)).toMatchObject([
      { cause: 'transform_failed', is_dlq: 1, status: 'error' },
    ]);

    await setTransform('{"was": for}');
    await hookstream.call('POST', `/v1/events/${second.event_id}/retry`);
    await eventually(async () => expect(await statusOf(second.event_id)).toBe('delivered'));
    const bodies = receiver.requests.filter(({ url }) => url === '/reshaped').map(({ body }) => String(body));
    expect(bodies).toEqual(['{"for":"reshaped"}', '{"was":"reshaped"}']);
  });
});
