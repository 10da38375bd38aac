import { expect } from '@jest/globals';
import request, { type Response } from 'supertest';
import { type Hookstream } from '#libs/testing';

/** What answers show of anything. */
export interface View {
  id: string;
  name: string;
  slug: string;
  [field: string]: unknown;
}

export type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

/** An id that nothing has. */
export const NOBODY = '0'.repeat(32);

export const anId = expect.stringMatching(/^[0-9a-f]{32}$/);
export const aTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** Calls the api, as the first tenant when nothing else is said, and makes things there. */
export class Client {
  private slugs = 0;

  /** @param destinationUrl of the destinations it makes */
  constructor(
    private readonly hookstream: Hookstream,
    private readonly destinationUrl = 'https://example.com/webhooks',
  ) {}

  /** @param body sent as it is when it is text */
  async call(method: Method, path: string, body?: object | string, key = this.hookstream.apiKey): Promise<Response> {
    const sending = request(this.hookstream.url)[method](`/v1${path}`).set('X-API-Key', key);
    return body === undefined ? await sending : await sending.set('Content-Type', 'application/json').send(body);
  }

  /** The thing at a path. */
  async read(path: string): Promise<View> {
    return first<View>(await this.call('get', path));
  }

  /** The items of a list. */
  async list(path: string, key?: string): Promise<View[]> {
    return first<View[]>(await this.call('get', path, undefined, key));
  }

  slug(): string {
    return `slug-${++this.slugs}`;
  }

  source(fields: object = {}): Promise<View> {
    return this.create('/sources', { name: 'Source', slug: this.slug(), ...fields });
  }

  destination(fields: object = {}): Promise<View> {
    return this.create('/destinations', {
      name: 'Destination',
      slug: this.slug(),
      url: this.destinationUrl,
      ...fields,
    });
  }

  connection(source_id: string, destination_id: string, fields: object = {}): Promise<View> {
    return this.create('/connections', { name: 'Connection', source_id, destination_id, ...fields });
  }

  /** Sends everything to a destination again that was received so far. */
  replay(destination_id: string, fields: object = {}): Promise<View> {
    const [from, to] = [Date.now() - 3_600_000, Date.now() + 1000].map((time) => new Date(time).toISOString());
    return this.create('/replay', { destination_id, from, to, ...fields });
  }

  application(fields: object = {}): Promise<View> {
    return this.create('/applications', { name: 'Application', uid: this.slug(), ...fields });
  }

  endpoint(applicationId: string, fields: object = {}): Promise<View> {
    return this.create(`/applications/${applicationId}/endpoints`, { url: this.destinationUrl, ...fields });
  }

  /** Sends the dead letters of an endpoint again. */
  async recovery(applicationId: string, endpointId: string): Promise<View> {
    const path = `/applications/${applicationId}/endpoints/${endpointId}/recover`;
    return first<View>(await this.call('post', path, { since: '2026-03-01T00:00:00Z' }));
  }

  eventType(fields: object = {}): Promise<View> {
    return this.create('/event-types', { name: `test.${this.slug()}`, ...fields });
  }

  /** @param type name of its event type */
  message(applicationId: string, event_type: string, fields: object = {}): Promise<View> {
    return this.create(`/applications/${applicationId}/messages`, { event_type, payload: {}, ...fields });
  }

  environment(): Promise<View> {
    return this.create('/environments', { name: 'Environment', slug: this.slug() });
  }

  /** A key is answered bare, not wrapped. */
  async apiKey(): Promise<View> {
    return (await this.call('post', '/auth/api-keys', { name: 'Key' })).body as View;
  }

  private async create(path: string, body: object): Promise<View> {
    const response = await this.call('post', path, body);
    expect(response).toMatchObject({ status: 201 });
    return first<View>(response);
  }
}

/** What an answer wraps. */
function first<T>(response: Response): T {
  return Object.values(response.body as Record<string, T>)[0] as T;
}

/** Checks the body of an error to the letter (contract, decision 8). */
export function expectError(response: Response, status: number, error: unknown, details?: object[]): void {
  expect(response.body).toEqual({
    error,
    status,
    request_id: expect.stringMatching(/^req_[0-9a-f]{12}$/),
    ...(details && { details }),
  });
  expect(response.status).toBe(status);
  expect(response.body).toHaveProperty('request_id', response.headers['x-request-id']);
}
