import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jsonata from 'jsonata';
import {
  eventually,
  type Hookstream,
  type Received,
  type Receiver,
  startHookstream,
  startReceiver,
} from '#libs/testing';

interface Webhook {
  event: string;
  body: string;
}

/** Every example that GitHub publishes, of github.com and of each version of its enterprise server. */
function githubWebhooks(): Webhook[] {
  const require = createRequire(import.meta.url);
  const editions = ['api.github.com', 'ghes-31', 'ghes-32', 'ghes-33', 'ghes-34', 'ghes-35'];
  return editions.flatMap((edition) => {
    const events = require(`@octokit/webhooks-examples/${edition}/index.json`) as {
      name: string;
      examples: object[];
    }[];
    return events.flatMap(({ name, examples }) =>
      examples.map((example) => ({ event: name, body: JSON.stringify(example) })),
    );
  });
}

const SECRET = 'It’s a secret to everybody';
const TRANSFORM = `{
  "repository": repository.full_name,
  "who": sender.login,
  "commits": $count(commits),
  "labels": [issue.labels.name]
}`;
const CODE_EVENTS = ['push', 'pull_request', 'create', 'delete'];

const webhooks = githubWebhooks();

describe('GitHub webhooks', () => {
  let hookstream: Hookstream;
  let sourceId: string;
  let code: Receiver, rest: Receiver, reshaped: Receiver;
  let eventIds: string[];

  beforeAll(async () => {
    [hookstream, code, rest, reshaped] = await Promise.all([
      startHookstream(),
      startReceiver(),
      startReceiver(),
      startReceiver(),
    ]);
    const { source } = await hookstream.call<{ source: { id: string } }>('POST', '/v1/sources', {
      name: 'GitHub',
      slug: 'github',
      template: 'github',
      verification_enabled: true,
      verification_secret: SECRET,
    });
    sourceId = source.id;
    const isCode = { field: 'headers.X-GitHub-Event', op: 'in', value: CODE_EVENTS };
    await connect('code', code, { filter_rules: [isCode] });
    await connect('rest', rest, { filter_rules: [{ not: isCode }] });
    await connect('reshaped', reshaped, {
      filter_rules: [{ field: 'payload.sender.login', op: 'exists', value: true }],
      transform_enabled: true,
      transform_expression: TRANSFORM,
    });
    eventIds = await sendAll(webhooks);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([hookstream.stop(), code.stop(), rest.stop(), reshaped.stop()]);
  });

  async function connect(slug: string, receiver: Receiver, connection: object): Promise<void> {
    const { destination } = await hookstream.call<{ destination: { id: string } }>('POST', '/v1/destinations', {
      name: slug,
      slug,
      url: `${receiver.url}/${slug}`,
    });
    await hookstream.call('POST', '/v1/connections', {
      name: slug,
      source_id: sourceId,
      destination_id: destination.id,
      ...connection,
    });
  }

  function send({ event, body }: Webhook, secret = SECRET): Promise<Response> {
    return fetch(`${hookstream.url}/v1/ingest/${sourceId}?delivery=1`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'GitHub-Hookshot/044aadd',
        'X-GitHub-Event': event,
        'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
    });
  }

  /** A few at a time; answers the event ids in the order of the webhooks. */
  async function sendAll(all: Webhook[]): Promise<string[]> {
    const ids: string[] = [];
    const next = all.entries();
    const sender = async () => {
      for (const [index, webhook] of next) {
        const response = await send(webhook);
        expect(response.status).toBe(200);
        ids[index] = ((await response.json()) as { event_id: string }).event_id;
      }
    };
    await Promise.all(Array.from({ length: 16 }, sender));
    return ids;
  }

  const byEvent = (receiver: Receiver) =>
    new Map<string, Received>(receiver.requests.map((r) => [String(r.headers['x-hookstream-event-id']), r]));

  const indexesOf = (isWanted: (webhook: Webhook) => boolean) =>
    [...webhooks.keys()].filter((index) => isWanted(webhooks[index] as Webhook));

  async function expectUntouched(receiver: Receiver, isWanted: (webhook: Webhook) => boolean): Promise<void> {
    const wanted = indexesOf(isWanted);
    expect(wanted.length).toBeGreaterThan(0);
    await eventually(() => expect(byEvent(receiver).size).toBe(wanted.length), 60_000);
    const received = byEvent(receiver);
    for (const index of wanted) {
      const { event, body } = webhooks[index] as Webhook;
      const request = received.get(eventIds[index] as string);
      expect(request?.body.equals(Buffer.from(body))).toBe(true);
      expect(request?.headers).toMatchObject({
        'content-type': 'application/json',
        'x-github-event': event,
        'x-hookstream-delivery-attempt': '1',
        'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
      });
    }
  }

  it('sends code events to their receiver, byte for byte', async () => {
    await expectUntouched(code, ({ event }) => CODE_EVENTS.includes(event));
  });

  it('sends everything else to the other receiver, byte for byte', async () => {
    await expectUntouched(rest, ({ event }) => !CODE_EVENTS.includes(event));
  });

  it('reshapes as JSONata does elsewhere', async () => {
    const wanted = indexesOf(
      ({ body }) => (JSON.parse(body) as { sender?: { login?: string } }).sender?.login !== undefined,
    );
    expect(wanted.length).toBeGreaterThan(0);
    await eventually(() => expect(byEvent(reshaped).size).toBe(wanted.length), 60_000);
    const expression = jsonata(TRANSFORM);
    const received = byEvent(reshaped);
    for (const index of wanted) {
      const expected: unknown = await expression.evaluate(JSON.parse((webhooks[index] as Webhook).body));
      const request = received.get(eventIds[index] as string);
      expect(JSON.parse(String(request?.body))).toEqual(JSON.parse(JSON.stringify(expected)));
      expect(request?.headers['content-type']).toBe('application/json');
    }
  });

  it('refuses a wrong signature and delivers nothing of it', async () => {
    const event = { event: 'push', body: '{"forged":true}' };
    const refused = await send(event, 'not the secret');
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({
      status: 401,
      error: expect.any(String),
      request_id: expect.any(String),
    });
    // A webhook sent afterwards has arrived, so the refused one had its chance.
    const { event_id } = (await (await send({ event: 'push', body: '{"forged":false}' })).json()) as {
      event_id: string;
    };
    await eventually(() => expect(byEvent(code).has(event_id)).toBe(true));
    expect(code.requests.some(({ body }) => body.includes('"forged":true'))).toBe(false);
    const stored = await hookstream.database.query(`select from event_payloads where body_text like '%"forged":true%'`);
    expect(stored).toHaveLength(0);
  });
});
