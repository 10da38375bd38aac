import { Redis } from 'ioredis';
import { Webhook } from 'standardwebhooks';
import { admissionKeys } from '#libs/destinations';
import { type Hookstream, type Received, type Receiver, startReceiver } from '#libs/testing';

export interface Endpoint {
  id: string;
  status: string;
  disabled_reason: string | null;
  expires_at: string | null;
  signing_secret: string;
  /** At the receiver. */
  path: string;
}

/** A message of an operational application, as it arrives. */
export interface News {
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

/** Applications with endpoints at a receiver of their own. */
export class Outbound {
  /** Paths of endpoints that answer 500. */
  readonly failing = new Set<string>();
  private made = 0;

  private constructor(
    private readonly hookstream: Hookstream,
    readonly receiver: Receiver,
  ) {}

  static async start(hookstream: Hookstream): Promise<Outbound> {
    const receiver = await startReceiver(({ url }, response) => {
      response.statusCode = outbound.failing.has(url) ? 500 : 200;
      response.end('ok');
    });
    const outbound = new Outbound(hookstream, receiver);
    await hookstream.call('POST', '/v1/event-types', { name: 'invoice.paid' });
    return outbound;
  }

  /** @returns its uid */
  async application(fields: object = {}): Promise<string> {
    const uid = `app-${++this.made}`;
    await this.hookstream.call('POST', '/v1/applications', { name: uid, uid, ...fields });
    return uid;
  }

  async endpoint(app: string, fields: object = {}): Promise<Endpoint> {
    const path = `/endpoint-${++this.made}`;
    const url = this.receiver.url + path;
    const endpoints = `/v1/applications/${app}/endpoints`;
    const body = await this.hookstream.call<{ endpoint: Endpoint }>('POST', endpoints, { url, ...fields });
    return { ...body.endpoint, path };
  }

  async read(app: string, { id }: Endpoint): Promise<Endpoint> {
    const path = `/v1/applications/${app}/endpoints/${id}`;
    return (await this.hookstream.call<{ endpoint: Endpoint }>('GET', path)).endpoint;
  }

  async change(app: string, { id }: Endpoint, changes: object): Promise<Endpoint> {
    const path = `/v1/applications/${app}/endpoints/${id}`;
    return (await this.hookstream.call<{ endpoint: Endpoint }>('PATCH', path, changes)).endpoint;
  }

  stats = async (app: string, { id }: Endpoint): Promise<Record<string, unknown>> => {
    const path = `/v1/applications/${app}/endpoints/${id}/stats`;
    return (await this.hookstream.call<{ stats: Record<string, unknown> }>('GET', path)).stats;
  };

  /** @returns id of the message */
  async send(app: string, fields: object = {}): Promise<string> {
    const body = { event_type: 'invoice.paid', payload: { id: 'inv_1' }, ...fields };
    const path = `/v1/applications/${app}/messages`;
    return (await this.hookstream.call<{ message: { id: string } }>('POST', path, body)).message.id;
  }

  /** States of the deliveries of a message, with their causes. */
  async deliveries(messageId: string): Promise<{ state: string; cause: string | null }[]> {
    return this.hookstream.database.query(
      'select state, cause from deliveries where event_id = $1 order by connection_id',
      [messageId],
    );
  }

  /** Lets an open circuit be tested at once. */
  async testCircuit({ id }: Endpoint): Promise<void> {
    const redis = new Redis(this.hookstream.redisUrl);
    await redis.del(admissionKeys(id).open);
    redis.disconnect();
  }

  receivedAt({ path }: Endpoint): Received[] {
    return this.receiver.requests.filter(({ url }) => url === path);
  }

  /** What an operational endpoint was told, in the order it came; each is verified with the endpoint's secret. */
  newsAt(endpoint: Endpoint): News[] {
    const webhook = new Webhook(endpoint.signing_secret);
    return this.receivedAt(endpoint).map(
      ({ body, headers }) => webhook.verify(String(body), headers as Record<string, string>) as News,
    );
  }
}
