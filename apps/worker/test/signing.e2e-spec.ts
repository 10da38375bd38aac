import { createPublicKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { Keyring, newSigningSecret, readSigningSecret } from '#libs/crypto';
import {
  eventually,
  type Hookstream,
  type Received,
  type Receiver,
  startHookstream,
  startReceiver,
} from '#libs/testing';
import { Outbox } from './outbox.js';

/** Whether a receiver that knows this secret, or the public key of it, takes the message. */
function accepts(secret: string, { headers, body }: Received): boolean {
  const text = String(body);
  if (secret.startsWith('whsec_')) {
    const verdicts = [Standard, Svix].map((Library) => {
      try {
        new Library(secret).verify(text, headers as Record<string, string>);
        return true;
      } catch {
        return false;
      }
    });
    expect(verdicts[0]).toBe(verdicts[1]);
    return verdicts[0]!;
  }
  // Neither library knows v1a.
  const x = Buffer.from(readSigningSecret(secret)!.publicKey!.slice('whpk_'.length), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const content = Buffer.from(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`);
  return signaturesOf({ headers })
    .filter((signature) => signature.startsWith('v1a,'))
    .some((signature) => verify(null, content, key, Buffer.from(signature.slice('v1a,'.length), 'base64')));
}

const signaturesOf = ({ headers }: Pick<Received, 'headers'>) => String(headers['webhook-signature']).split(' ');
const startOf = ({ headers }: Received) => Date.parse(String(headers['x-hookstream-timestamp']));
const idOf = ({ headers }: Received) => String(headers['webhook-id']);

describe('Signatures of messages', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;

  beforeAll(async () => {
    [hookstream, receiver] = await Promise.all([startHookstream({ workers: 2 }), startReceiver()]);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  it('verify with the secret that was brought, or made, of either kind', async () => {
    const outbox = await Outbox.open(hookstream, receiver);
    const secrets = [newSigningSecret(), newSigningSecret('ed25519')];
    const endpoints = [
      await outbox.endpoint(),
      await outbox.endpoint({ signing_algorithm: 'ed25519' }),
      ...(await Promise.all(secrets.map((signing_secret) => outbox.endpoint({ signing_secret })))),
    ];
    expect(endpoints.slice(2).map(({ signing_secret }) => signing_secret)).toEqual(secrets);
    await outbox.post();
    for (const endpoint of endpoints) {
      const [request] = (await outbox.arrived(endpoint)) as [Received];
      expect(signaturesOf(request)).toHaveLength(1);
      expect(endpoints.map(({ signing_secret }) => accepts(signing_secret, request))).toEqual(
        endpoints.map((other) => other === endpoint),
      );
    }
  });

  it('go out beside the custom headers of the endpoint', async () => {
    const outbox = await Outbox.open(hookstream, receiver);
    const endpoint = await outbox.endpoint({ headers: { 'X-Custom': 'one', Authorization: 'Basic eA==' } });
    await outbox.post();
    const [first] = await outbox.arrived(endpoint);
    expect(first?.headers).toMatchObject({ 'x-custom': 'one', authorization: 'Basic eA==' });
    await hookstream.call('PATCH', outbox.pathOf(endpoint), { headers: { 'X-Other': 'two' } });
    const id = await outbox.post();
    const second = (await outbox.arrived(endpoint)).find((request) => idOf(request) === id)!;
    expect(second.headers).toMatchObject({ 'x-other': 'two' });
    expect(second.headers).not.toHaveProperty('x-custom');
    expect(accepts(endpoint.signing_secret, second)).toBe(true);
  });

  it('are taken by holders of the old secret and of the new one while secrets rotate under load', async () => {
    const outbox = await Outbox.open(hookstream, receiver);
    const endpoint = await outbox.endpoint();
    const secrets = [{ secret: endpoint.signing_secret, since: -Infinity }];
    const stop = outbox.postAllTheTime();
    /** Waits for messages that were posted since then. */
    const more = (since: number) => {
      const isNew = (request: Received) => (outbox.postedAt.get(idOf(request)) ?? -Infinity) > since;
      return eventually(() => expect(outbox.received(endpoint).filter(isNew).length).toBeGreaterThan(20), 20_000);
    };
    await more(-Infinity);
    for (const signing_algorithm of ['hmac_sha256', 'ed25519', 'ed25519', 'hmac_sha256']) {
      const secret = await outbox.rotate(endpoint, { signing_algorithm });
      const since = performance.now();
      secrets.push({ secret, since });
      await more(since);
    }
    await stop();

    const received = await outbox.arrived(endpoint);
    // Nothing was refused or sent twice.
    expect(received).toHaveLength(outbox.postedAt.size);
    const checked = secrets.map(({ secret, since }) => {
      const known = received.filter((request) => outbox.postedAt.get(idOf(request))! > since);
      expect(known.filter((request) => !accepts(secret, request)).map(({ headers }) => headers)).toEqual([]);
      return known.length;
    });
    expect(Math.min(...checked)).toBeGreaterThan(10);
    expect(received.filter((request) => signaturesOf(request).length === secrets.length).length).toBeGreaterThan(10);
  }, 90_000);

  it('end with the grace of the old secret, to the moment, under load', async () => {
    const outbox = await Outbox.open(hookstream, receiver);
    const endpoint = await outbox.endpoint({ signing_algorithm: 'ed25519' });
    const stop = outbox.postAllTheTime();
    await eventually(() => expect(outbox.received(endpoint).length).toBeGreaterThan(10));
    const askedAt = Date.now();
    const renewed = await outbox.rotate(endpoint, { grace_seconds: 3, signing_algorithm: 'hmac_sha256' });
    const answeredAt = Date.now();
    const isAfter = (request: Received) => startOf(request) > answeredAt + 3000;
    await eventually(() => expect(outbox.received(endpoint).filter(isAfter).length).toBeGreaterThan(10), 20_000);
    await stop();

    const received = await outbox.arrived(endpoint);
    const during = received.filter((request) => startOf(request) < askedAt + 3000);
    expect(during.filter((request) => !accepts(endpoint.signing_secret, request))).toEqual([]);
    const after = received.filter(isAfter);
    expect(after.filter((request) => accepts(endpoint.signing_secret, request))).toEqual([]);
    expect(after.filter((request) => !accepts(renewed, request))).toEqual([]);
    expect(after.every((request) => signaturesOf(request).length === 1)).toBe(true);
  }, 60_000);

  it('are by the new secret alone from the next message on when there is no grace, under load', async () => {
    const outbox = await Outbox.open(hookstream, receiver);
    const endpoint = await outbox.endpoint();
    const stop = outbox.postAllTheTime();
    const known = [{ secret: endpoint.signing_secret, since: -Infinity }];
    for (let round = 1; round <= 4; round++) {
      const before = outbox.received(endpoint).length;
      await eventually(() => expect(outbox.received(endpoint).length).toBeGreaterThan(before + 15), 20_000);
      known.push({ secret: await outbox.rotate(endpoint, { grace_seconds: 0 }), since: performance.now() });
    }
    await Promise.all(Array.from({ length: 10 }, () => outbox.post()));
    await stop();
    for (const request of await outbox.arrived(endpoint)) {
      expect(signaturesOf(request)).toHaveLength(1);
      const postedAt = outbox.postedAt.get(idOf(request))!;
      const atPost = known.findLastIndex(({ since }) => since < postedAt);
      // What was posted before a rotation was answered may be sent after it.
      expect(known.slice(atPost).some(({ secret }) => accepts(secret, request))).toBe(true);
    }
  }, 60_000);

  it('are by the new secret also when no worker has heard of the change', async () => {
    const outbox = await Outbox.open(hookstream, receiver);
    const endpoint = await outbox.endpoint();
    const keyring = new Keyring(`test:${Buffer.alloc(32, 1).toString('base64')}`);
    for (let round = 1; round <= 5; round++) {
      // Both workers have it in memory now, and would believe that for a second.
      await Promise.all(Array.from({ length: 10 }, () => outbox.post()));
      await outbox.arrived(endpoint);
      const secret = newSigningSecret();
      await hookstream.database.query(
        `with changed as (update endpoints set signing_secret = $2 where id = $1 returning environment_id)
         update environments set config_version = config_version + 1 where id in (select environment_id from changed)`,
        [endpoint.id, keyring.seal(secret)],
      );
      const ids = await Promise.all(Array.from({ length: 10 }, () => outbox.post()));
      const after = (await outbox.arrived(endpoint)).filter((request) => ids.includes(idOf(request)));
      expect(after.map((request) => accepts(secret, request))).toEqual(after.map(() => true));
    }
  }, 60_000);

  it('of a retry are by the secret that is in use then', async () => {
    const outbox = await Outbox.open(hookstream, receiver);
    const failing = await startReceiver((_, response) => {
      response.statusCode = 500;
      response.end();
    });
    const endpoint = await outbox.endpoint({ url: failing.url });
    const id = await outbox.post();
    const state = async () =>
      (await hookstream.database.query<{ state: string }>('select state from deliveries where event_id = $1', [id]))[0];
    await eventually(async () => expect(await state()).toEqual({ state: 'retrying' }));
    const renewed = await outbox.rotate(endpoint, { grace_seconds: 0, signing_algorithm: 'ed25519' });
    const sooner = `update deliveries set next_retry_at = now() - interval '1 minute' where event_id = $1`;
    await hookstream.database.query(sooner, [id]);
    await eventually(() => expect(failing.requests).toHaveLength(2), 20_000);
    const [first, second] = failing.requests as [Received, Received];
    expect([accepts(endpoint.signing_secret, first), accepts(renewed, first)]).toEqual([true, false]);
    expect([accepts(endpoint.signing_secret, second), accepts(renewed, second)]).toEqual([false, true]);
    expect(idOf(second)).toBe(idOf(first));
    await failing.stop();
  }, 60_000);
});
