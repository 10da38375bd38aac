import { expect } from '@jest/globals';
import { eventually } from '#libs/testing';
import { type Client, type View } from './client.js';

/** Values of the parameters of a path. */
type Parameters = Record<string, string>;

/** Things of the first tenant, by the paths where they live. */
export class Things {
  /** @param made documented path of each, without `/v1`, and the values of its parameters, in the order they were made */
  constructor(private readonly made: [path: string, parameters: Parameters][]) {}

  get ids(): string[] {
    return this.made.flatMap(([, parameters]) => Object.values(parameters));
  }

  /** The id of what lives at a documented path that ends in one. */
  idAt(path: string): string {
    return this.pathOf(path).split('/').at(-1) ?? '';
  }

  /** A real path for a documented one. Fails when nothing lives there: a new route needs something to be tried with. */
  pathOf(path: string): string {
    const parameters = this.made[this.madeAs(path)]?.[1];
    if (path.includes('{') && !parameters) {
      throw new Error(`Nothing lives at ${path}: make it in makeThings, or exempt the path by name.`);
    }
    return path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = parameters?.[name];
      if (!value) throw new Error(`makeThings gives no {${name}} for ${path}.`);
      return value;
    });
  }

  /** Which thing lives at a documented path, or above it: the more, the later it was made. */
  madeAs(path: string): number {
    const isAbove = ([prefix]: [string, Parameters]) => path === prefix || path.startsWith(`${prefix}/`);
    const above = this.made.filter(isAbove).sort(([a], [b]) => b.length - a.length);
    return above[0] ? this.made.indexOf(above[0]) : -1;
  }
}

/** Something at every documented path with an id, in the order it is made. */
export async function makeThings(api: Client): Promise<Things> {
  const [environment, apiKey, source, destination, application, eventType] = await Promise.all([
    api.environment(),
    api.apiKey(),
    api.source(),
    api.destination(),
    api.application(),
    // As samples of messages name it.
    api.eventType({ name: 'invoice.paid' }),
  ]);
  const connection = await api.connection(source.id, destination.id);
  const endpoint = await api.endpoint(application.id);
  const message = await api.message(application.id, 'invoice.paid');
  const { event_id } = (await api.call('post', `/ingest/${source.id}`, {})).body as { event_id: string };
  const attempt = await eventually(async (): Promise<View> => {
    const [first] = await api.list('/delivery-attempts?status=success');
    expect(first).toBeDefined();
    return first!;
  });
  const replay = await api.replay(destination.id);
  const recovery = await api.recovery(application.id, endpoint.id);
  // They would end by themselves, and what has ended cannot be paused.
  for (const { id } of [replay, recovery]) await api.call('post', `/replay/${id}/pause`);
  return new Things([
    ['/sources/{id}', { id: source.id }],
    ['/destinations/{id}', { id: destination.id }],
    ['/connections/{id}', { id: connection.id }],
    ['/events/{id}', { id: event_id }],
    ['/delivery-attempts/{id}', { id: attempt.id }],
    ['/replay/{id}', { id: replay.id }],
    ['/applications/{id}', { id: application.id }],
    ['/applications/{appId}/endpoints', { appId: application.id }],
    ['/applications/{appId}/endpoints/{id}', { appId: application.id, id: endpoint.id }],
    [
      '/applications/{appId}/endpoints/{id}/recoveries/{recoveryId}',
      { appId: application.id, id: endpoint.id, recoveryId: recovery.id },
    ],
    ['/applications/{appId}/messages', { appId: application.id }],
    ['/applications/{appId}/messages/{id}', { appId: application.id, id: message.id }],
    ['/event-types/{id}', { id: eventType.id }],
    ['/environments/{id}', { id: environment.id }],
    ['/auth/api-keys/{id}', { id: apiKey.id }],
  ]);
}
