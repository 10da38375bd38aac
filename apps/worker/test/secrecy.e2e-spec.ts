import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newSigningSecret } from '#libs/crypto';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';
import { Outbox, type OpenEndpoint } from './outbox.js';

/** Every way in which a secret could be written. */
function formsOf(secret: string): string[] {
  const [prefix = '', encoded = ''] = secret.split('_');
  const bytes = Buffer.from(encoded, 'base64');
  // The second half of a private key is its public one.
  const secretBytes = prefix === 'whsk' ? bytes.subarray(0, 32) : bytes;
  const whole = secretBytes.subarray(0, secretBytes.length - (secretBytes.length % 3));
  return [
    whole.toString('base64'),
    whole.toString('base64url'),
    secretBytes.toString('hex'),
    // As bytes of text in a dump.
    Buffer.from(secret).toString('hex'),
  ];
}

describe('A signing secret', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let outbox: Outbox;
  const secrets: string[] = [];
  /** What each receiver verifies with, by the path it listens at. */
  const known = new Map<string, string[]>();
  /** By request, all but those that show a secret by design. */
  const answers: [request: string, body: string][] = [];

  beforeAll(async () => {
    receiver = await startReceiver(({ url, headers }, response) => {
      response.statusCode = url.startsWith('/failing') ? 500 : 200;
      // A debugging endpoint: what it got, and what it verifies with.
      const own = known.get(url) ?? [];
      response.setHeader('X-Debug', own.join(' '));
      response.end(JSON.stringify({ headers, own, bare: own.map((secret) => secret.split('_')[1]) }));
    });
    hookstream = await startHookstream({ env: { LOG_LEVEL: 'trace' } });
    outbox = await Outbox.open(hookstream, receiver);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  /** Calls the api and keeps what it answers. */
  async function call(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
    const response = await fetch(`${hookstream.url}${path}`, {
      method,
      headers: { 'X-API-Key': hookstream.apiKey, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    answers.push([`${method} ${path}`, `${JSON.stringify([...response.headers])} ${text}`]);
    return { status: response.status, text };
  }

  async function makeEndpoint(path: string, fields: object = {}): Promise<OpenEndpoint> {
    const endpoint = await outbox.endpoint({ url: receiver.url + path, ...fields });
    secrets.push(endpoint.signing_secret);
    known.set(path, [endpoint.signing_secret]);
    return { ...endpoint, path };
  }

  async function rotate(endpoint: OpenEndpoint, body: object): Promise<void> {
    const secret = await outbox.rotate(endpoint, body);
    secrets.push(secret);
    known.get(endpoint.path)?.push(secret);
  }

  /** Everything that is in the database, row by row; partitions are read through their tables. */
  async function databaseRows(): Promise<string[]> {
    const tables = await hookstream.database.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class where relkind in ('r', 'p') and not relispartition
       and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)`,
    );
    const rows: string[] = [];
    for (const { name } of tables) {
      const found = await hookstream.database.query<{ row: string }>(`select t::text as row from ${name} t`);
      rows.push(...found.map(({ row }) => `${name} ${row}`));
    }
    return rows;
  }

  const leaksIn = (texts: string[]) =>
    texts.filter((text) => secrets.flatMap(formsOf).some((form) => text.includes(form)));

  it('is in two answers, and nowhere else: no other answer, log, attempt, sample or column', async () => {
    const own = [newSigningSecret(), newSigningSecret('ed25519')];
    const endpoints = [
      await makeEndpoint('/hmac'),
      await makeEndpoint('/ed25519', { signing_algorithm: 'ed25519' }),
      await makeEndpoint('/own', { signing_secret: own[0] }),
      await makeEndpoint('/failing-hmac'),
      await makeEndpoint('/failing-ed25519', { signing_algorithm: 'ed25519' }),
      await makeEndpoint('/failing-own', { signing_secret: own[1] }),
    ];
    for (const [index, endpoint] of endpoints.entries()) {
      await rotate(endpoint, index % 2 ? { signing_algorithm: 'ed25519' } : {});
    }
    const id = await outbox.post();
    const attempts = async () => {
      const { text } = await call('GET', `/v1/applications/${outbox.app}/messages/${id}`);
      return (JSON.parse(text) as { attempts: unknown[] }).attempts;
    };
    await eventually(async () => expect(await attempts()).toHaveLength(endpoints.length));

    const refused = newSigningSecret();
    secrets.push(refused);
    const wrong = { url: receiver.url, signing_algorithm: 'ed25519', signing_secret: refused };
    expect((await call('POST', outbox.pathOf(), wrong)).status).toBe(400);
    for (const endpoint of endpoints) {
      const path = outbox.pathOf(endpoint);
      expect((await call('GET', path)).status).toBe(200);
      expect((await call('PATCH', path, { description: 'why', headers: { 'X-A': 'b' } })).status).toBe(200);
      expect((await call('PATCH', path, { signing_secret: refused })).status).toBe(400);
      expect((await call('POST', `${path}/rotate-secret`, { signing_secret: `${refused}=` })).status).toBe(400);
      expect((await call('POST', `${path}/rotate-secret`, wrong)).status).toBe(400);
    }
    await call('GET', outbox.pathOf());
    await call('GET', `/v1/applications/${outbox.app}/messages`);
    await call('GET', '/openapi.json');
    await call('DELETE', outbox.pathOf(endpoints[0]));

    expect(answers.filter(([, body]) => leaksIn([body]).length > 0).map(([request]) => request)).toEqual([]);
    const logs = [hookstream.api, ...hookstream.workers].map((process) => process.log());
    for (const log of logs) expect(log.length).toBeGreaterThan(100);
    expect(leaksIn(logs.flatMap((log) => log.split('\n')))).toEqual([]);
    const rows = await databaseRows();
    // The receiver's echo is there, and what was secret in it is not.
    expect(rows.filter((row) => row.includes('delivery_attempts') && row.includes('"bare"')).length).toBe(6);
    expect(leaksIn(rows)).toEqual([]);
    // The search finds what is there.
    expect(leaksIn([JSON.stringify(secrets)])).toHaveLength(1);
    expect(leaksIn([Buffer.from(own[1]!).toString('hex')])).toHaveLength(1);
  }, 60_000);
});
