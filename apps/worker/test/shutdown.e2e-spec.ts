import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';

describe('A worker that is told to stop', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  const held: (() => void)[] = [];

  beforeEach(async () => {
    [hookstream, receiver] = await Promise.all([
      startHookstream(),
      startReceiver((_, response) => held.push(() => response.end('done'))),
    ]);
  });
  afterEach(async () => {
    await Promise.all([hookstream.stop(), receiver.stop()]);
  });

  it('finishes what it is sending, and its successor goes on with the rest', async () => {
    const { source } = await hookstream.call<{ source: { id: string } }>('POST', '/v1/sources', {
      name: 's',
      slug: 's',
    });
    const { destination } = await hookstream.call<{ destination: { id: string } }>('POST', '/v1/destinations', {
      name: 'd',
      slug: 'd',
      url: receiver.url,
    });
    await hookstream.call('POST', '/v1/connections', {
      name: 'c',
      source_id: source.id,
      destination_id: destination.id,
    });
    const send = () => hookstream.call('POST', `/v1/ingest/${source.id}`, {});

    await send();
    await eventually(() => expect(held).toHaveLength(1));
    const stopped = hookstream.workers[0]?.kill('SIGTERM');
    await send();
    held[0]?.();
    await stopped;

    const attempts = () => hookstream.database.query<{ status: string }>('select status from delivery_attempts');
    expect(await attempts()).toEqual([{ status: 'success' }]);
    expect(receiver.requests).toHaveLength(1);

    await hookstream.startWorker();
    await eventually(() => expect(held).toHaveLength(2));
    held[1]?.();
    await eventually(async () => expect(await attempts()).toHaveLength(2));
    expect(receiver.requests).toHaveLength(2);
  });
});
