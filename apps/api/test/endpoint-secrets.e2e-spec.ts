import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Keyring, newSigningSecret, readSigningSecret } from '#libs/crypto';
import { type Hookstream, startApi } from '#libs/testing';
import { STANDARD_WEBHOOKS_VECTORS as VECTORS } from '../../../libs/crypto/test/standard-webhooks-vectors.js';
import { Client, expectError, type View } from './client.js';

const PROBLEM =
  'must be whsec_ and base64 of 24 to 64 bytes, or whsk_ and base64 of an Ed25519 seed and its public key, 64 bytes together';
const { hmac, ed25519 } = VECTORS.sign;

interface Row {
  [column: string]: unknown;
  signing_secret: string;
  old_signing_secrets: { secret: string; expires_at: string }[];
}

describe('What an endpoint signs with', () => {
  let hookstream: Hookstream;
  let api: Client;
  let applicationId: string;
  const keyring = new Keyring(`test:${Buffer.alloc(32, 1).toString('base64')}`);

  beforeAll(async () => {
    hookstream = await startApi();
    api = new Client(hookstream);
    applicationId = (await api.application()).id;
  });
  afterAll(() => hookstream.stop());

  const pathOf = ({ id }: View) => `/applications/${applicationId}/endpoints/${id}`;
  const create = (fields: object) =>
    api.call('post', `/applications/${applicationId}/endpoints`, { url: 'https://example.com', ...fields });
  const rotate = (endpoint: View, body?: object | string) =>
    api.call('post', `${pathOf(endpoint)}/rotate-secret`, body);
  const rotated = async (endpoint: View, body?: object) => {
    const answer = await rotate(endpoint, body);
    expect(answer).toMatchObject({ status: 200, body: { signing_secret: expect.any(String) } });
    return String(answer.body.signing_secret);
  };

  /** In the clear, the one in use first. */
  async function storedSecrets({ id }: View): Promise<string[]> {
    const [row] = await hookstream.database.query<Row>('select * from endpoints where id = $1', [id]);
    const { signing_secret, old_signing_secrets: old } = row!;
    return [signing_secret, ...old.map(({ secret }) => secret)].map((sealed) => keyring.open(sealed));
  }

  it('is made for the algorithm that is asked for, with its public key', async () => {
    const endpoint = await api.endpoint(applicationId, { signing_algorithm: 'ed25519' });
    const { publicKey } = readSigningSecret(String(endpoint.signing_secret))!;
    expect(endpoint).toMatchObject({ signing_algorithm: 'ed25519', public_key: publicKey });
    expect(publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    const { signing_secret, ...shown } = endpoint;
    expect(await api.read(pathOf(endpoint))).toEqual(shown);
    expect(await api.list(`/applications/${applicationId}/endpoints`)).toContainEqual(shown);
    const { body } = await api.call('patch', pathOf(endpoint), { description: 'why' });
    expect(body.endpoint).toMatchObject({ public_key: publicKey, description: 'why' });
    expect(await storedSecrets(endpoint)).toEqual([signing_secret]);
  });

  it.each([...VECTORS.secretValid, hmac.secret])('may be the caller’s own: %s', async (secret) => {
    const endpoint = await api.endpoint(applicationId, { signing_secret: secret });
    expect(endpoint).toMatchObject({ signing_secret: secret, signing_algorithm: 'hmac_sha256', public_key: null });
    expect(await storedSecrets(endpoint)).toEqual([secret]);
  });

  it('has the algorithm that its prefix says', async () => {
    const own = { signing_secret: ed25519.secret };
    const shown = { signing_algorithm: 'ed25519', public_key: ed25519.public };
    for (const fields of [own, { ...own, signing_algorithm: 'ed25519' }]) {
      expect(await api.endpoint(applicationId, fields)).toMatchObject({ ...own, ...shown });
    }
    const endpoint = await api.endpoint(applicationId);
    expect(await rotated(endpoint, own)).toBe(ed25519.secret);
    expect(await api.read(pathOf(endpoint))).toMatchObject(shown);
  });

  it.each([...VECTORS.secretInvalid, '', `${hmac.secret} `, 'x'.repeat(200)])(
    'cannot be %j',
    async (signing_secret) => {
      const expected = [
        400,
        `Invalid body: 'signing_secret' ${PROBLEM}`,
        [{ field: 'signing_secret', message: PROBLEM }],
      ];
      const endpoint = await api.endpoint(applicationId);
      for (const answer of [await create({ signing_secret }), await rotate(endpoint, { signing_secret })]) {
        expectError(answer, ...(expected as [number, string, object[]]));
      }
      expect(await storedSecrets(endpoint)).toEqual([endpoint.signing_secret]);
    },
  );

  it.each<[field: string, message: string, body: object]>([
    [
      'signing_secret',
      'is not one for the signing_algorithm ed25519',
      { signing_algorithm: 'ed25519', signing_secret: hmac.secret },
    ],
    [
      'signing_secret',
      'is not one for the signing_algorithm hmac_sha256',
      { signing_algorithm: 'hmac_sha256', signing_secret: ed25519.secret },
    ],
    ['signing_secret', 'must be a string', { signing_secret: null }],
    ['signing_algorithm', 'must be one of the following values: hmac_sha256, ed25519', { signing_algorithm: 'v1a' }],
    ['signing_algorithm', 'must be one of the following values: hmac_sha256, ed25519', { signing_algorithm: null }],
  ])('is refused when %s %s', async (field, message, body) => {
    const endpoint = await api.endpoint(applicationId);
    for (const answer of [await create(body), await rotate(endpoint, body)]) {
      expectError(answer, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
    }
  });

  it.each([
    ['must be an integer number', '60'],
    ['must be an integer number', 1.5],
    ['must be an integer number', null],
    ['must not be less than 0', -1],
    ['must not be greater than 604800', 604_801],
  ])('is not rotated when grace_seconds %s: %j', async (message, grace_seconds) => {
    const endpoint = await api.endpoint(applicationId);
    const details = [{ field: 'grace_seconds', message }];
    expectError(await rotate(endpoint, { grace_seconds }), 400, `Invalid body: 'grace_seconds' ${message}`, details);
    expect(await storedSecrets(endpoint)).toEqual([endpoint.signing_secret]);
  });

  it.each([
    ['grace_second', { grace_second: 0 }],
    ['secret', { secret: hmac.secret }],
  ])('is not rotated for the unknown field %s', async (field, body) => {
    const message = 'is not a known field';
    const answer = await rotate(await api.endpoint(applicationId), body);
    expectError(answer, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
  });

  it('cannot be set by an update', async () => {
    const endpoint = await api.endpoint(applicationId);
    const message = 'is not a known field';
    const answer = await api.call('patch', pathOf(endpoint), { signing_secret: hmac.secret });
    expectError(answer, 400, `Invalid body: 'signing_secret' ${message}`, [{ field: 'signing_secret', message }]);
    expectError(
      await api.call('patch', pathOf(endpoint), { signing_algorithm: 'ed25519' }),
      400,
      'No fields to update',
    );
  });

  it.each<[what: string, request: RequestInit]>([
    ['no body', {}],
    ['no body, but a type', { headers: { 'Content-Type': 'application/json' } }],
    ['an empty body', { headers: { 'Content-Type': 'application/json' }, body: '' }],
    ['an empty object', { headers: { 'Content-Type': 'application/json' }, body: '{}' }],
  ])('is rotated by a request with %s', async (_, sent) => {
    const endpoint = await api.endpoint(applicationId);
    const response = await fetch(`${hookstream.url}/v1${pathOf(endpoint)}/rotate-secret`, {
      method: 'POST',
      ...sent,
      headers: { 'X-API-Key': hookstream.apiKey, ...(sent.headers as Record<string, string>) },
    });
    expect(response.status).toBe(200);
    const body = (await response.json()) as { signing_secret: string };
    expect(Object.keys(body)).toEqual(['signing_secret']);
    expect(await storedSecrets(endpoint)).toEqual([body.signing_secret, endpoint.signing_secret]);
  });

  it('is not rotated by a body that is not JSON', async () => {
    const endpoint = await api.endpoint(applicationId);
    const response = await fetch(`${hookstream.url}/v1${pathOf(endpoint)}/rotate-secret`, {
      method: 'POST',
      headers: { 'X-API-Key': hookstream.apiKey, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: '{"grace_seconds":0}',
    });
    expect(response.status).toBe(400);
    expect((await rotate(endpoint, '[]')).status).toBe(400);
    expect(await storedSecrets(endpoint)).toEqual([endpoint.signing_secret]);
  });

  it('keeps its algorithm when it is rotated, or changes it', async () => {
    const endpoint = await api.endpoint(applicationId, { signing_algorithm: 'ed25519' });
    const second = await rotated(endpoint);
    expect(second).toMatch(/^whsk_/);
    const third = await rotated(endpoint, { signing_algorithm: 'hmac_sha256' });
    expect(third).toMatch(/^whsec_/);
    expect(await api.read(pathOf(endpoint))).toMatchObject({ signing_algorithm: 'hmac_sha256', public_key: null });
    const fourth = await rotated(endpoint, { signing_algorithm: 'ed25519' });
    const { publicKey } = readSigningSecret(fourth)!;
    expect(await api.read(pathOf(endpoint))).toMatchObject({ signing_algorithm: 'ed25519', public_key: publicKey });
    expect(await storedSecrets(endpoint)).toEqual([fourth, endpoint.signing_secret, second, third]);
  });

  it('signs for as long as was said after it has been replaced', async () => {
    const endpoint = await api.endpoint(applicationId);
    await rotated(endpoint, { grace_seconds: 3600 });
    const [row] = await hookstream.database.query<Row>('select * from endpoints where id = $1', [endpoint.id]);
    const seconds = (new Date(row!.old_signing_secrets[0]!.expires_at).getTime() - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(3590);
    expect(seconds).toBeLessThanOrEqual(3600);
    const third = await rotated(endpoint, { grace_seconds: 0 });
    expect(await storedSecrets(endpoint)).toEqual([third, endpoint.signing_secret]);
  });

  it('does not sign twice when it is rotated to what it was', async () => {
    const endpoint = await api.endpoint(applicationId);
    const [first, second] = [String(endpoint.signing_secret), newSigningSecret()];
    await rotated(endpoint, { signing_secret: second });
    await rotated(endpoint, { signing_secret: second });
    expect(await storedSecrets(endpoint)).toEqual([second, first]);
    await rotated(endpoint, { signing_secret: first });
    expect(await storedSecrets(endpoint)).toEqual([first, second]);
  });

  describe('goes with headers', () => {
    const headers = { 'X-Z': '1', 'x-a': 'ü', Authorization: 'Basic x' };

    it('that are shown as they were set, changed and cleared', async () => {
      const endpoint = await api.endpoint(applicationId, { headers });
      expect(endpoint.headers).toBe(JSON.stringify(headers));
      expect(await api.read(pathOf(endpoint))).toMatchObject({ headers: JSON.stringify(headers) });
      const update = async (changes: object) =>
        (await api.call('patch', pathOf(endpoint), changes)).body.endpoint as View;
      expect(await update({ headers: '{"X-B":"2"}' })).toMatchObject({ headers: '{"X-B":"2"}' });
      expect(await update({ headers: null })).toMatchObject({ headers: null });
    });

    it.each([
      ...['webhook-id', 'Webhook-Timestamp', 'WEBHOOK-SIGNATURE', 'svix-id', 'Svix-Signature', 'svix-anything'],
      ...[
        'X-hookstream-Event-Id',
        'x-hookstream-anything',
        'Host',
        'Content-Length',
        'Transfer-Encoding',
        'connection',
      ],
    ])('that cannot be %s', async (name) => {
      const endpoint = await api.endpoint(applicationId, { headers });
      const message = 'is set by hookstream and cannot be replaced';
      const changes = { headers: { ...headers, [name]: 'mine' } };
      for (const answer of [await create(changes), await api.call('patch', pathOf(endpoint), changes)]) {
        const field = `headers.${name}`;
        expectError(answer, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
      }
      expect(await api.read(pathOf(endpoint))).toMatchObject({ headers: JSON.stringify(headers) });
    });

    it.each<[field: string, message: string, value: unknown]>([
      ['headers', 'must be an object of strings', 'X-A: b'],
      ['headers', 'must be an object of strings', ['a']],
      ['headers', 'must be an object of strings', { 'X-A': 1 }],
      ['headers.X A', 'is not a valid header name', { 'X A': 'b' }],
      ['headers.X-A', 'must be text that a header can carry', { 'X-A': 'b\r\nwebhook-id: c' }],
    ])('unless %s %s', async (field, message, value) => {
      const answer = await create({ headers: value });
      expectError(answer, 400, `Invalid body: '${field}' ${message}`, [{ field, message }]);
    });
  });
});
