import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { Keyring } from '#libs/crypto';
import { eventually, type Hookstream, type Receiver, startHookstream, startReceiver } from '#libs/testing';
import { aTime, Client, expectError, type Method, NOBODY, type View } from './client.js';
import { type ApiOperation, documentedOperations, fetchDocument } from './openapi-document.js';
import { makeThings, type Things } from './things.js';

/** Rotated: the second key was the first before. */
const KEYRING = `new:${Buffer.alloc(32, 2).toString('base64')},old:${Buffer.alloc(32, 1).toString('base64')}`;
const CLOSED = 'A portal token does not allow this';
const INVALID = 'Invalid portal token: get a new one from whoever gave you this one';
const REQUESTS = 100_000;
/** Deletions last. */
const ORDER = ['get', 'post', 'put', 'patch', 'delete'];

interface Access {
  token: string;
  url: string;
  expires_in: number;
  application: { id: string; name: string };
}

/** What a portal token may do, in other words than the code says it. */
function isOpen({ method, path }: ApiOperation): boolean {
  if (path.startsWith('/event-types')) return method === 'get';
  if (path === '/applications/{appId}/messages') return method === 'get';
  if (path.startsWith('/applications/{appId}/messages/')) return !path.endsWith('/payload');
  return path.startsWith('/applications/{appId}/endpoints');
}

describe('A portal token', () => {
  let hookstream: Hookstream;
  let receiver: Receiver;
  let api: Client;
  let application: View;
  let access: Access;
  const tokens: string[] = [];

  beforeAll(async () => {
    hookstream = await startHookstream({
      env: { HOOKSTREAM_KEYRING: KEYRING, HOOKSTREAM_PLAN_LIMITS: `self_hosted.requests=${REQUESTS}` },
    });
    receiver = await startReceiver();
    api = new Client(hookstream, receiver.url);
    application = await api.application({ name: 'ACME' });
    access = await give(application.id);
  });
  afterAll(() => Promise.all([hookstream.stop(), receiver.stop()]));

  async function give(appId: string, body?: object): Promise<Access> {
    const response = await api.call('post', `/applications/${appId}/portal-access`, body);
    expect(response.status).toBe(200);
    const given = response.body as Access;
    tokens.push(given.token);
    return given;
  }

  async function as(
    token: string,
    method: Method,
    path: string,
    body?: object,
    headers: Record<string, string> = { Authorization: `Bearer ${token}` },
  ) {
    const response = await fetch(`${hookstream.url}/v1${path}`, {
      method: method.toUpperCase(),
      headers: { 'Content-Type': 'application/json', ...headers },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text || '{}') as object };
  }

  /** Signs whatever it is told to, with a key of the keyring. */
  function forge(claims: JWTPayload, header: object = {}, secret = new Keyring(KEYRING).derive('portal tokens')) {
    const { exp, ...others } = { ...decodeJwt(access.token), ...claims };
    return new SignJWT({ ...others, ...(exp && { exp }) })
      .setProtectedHeader({ ...decodeProtectedHeader(access.token), alg: 'HS256', ...header })
      .sign(Buffer.from(secret, 'base64url'));
  }

  it('is given for an hour, and says what it opens', async () => {
    expect(access).toEqual({
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      url: `${hookstream.url}/portal#token=${access.token}`,
      expires_in: 3600,
      application: { id: application.id, name: 'ACME' },
    });
    expect(decodeProtectedHeader(access.token)).toEqual({ alg: 'HS256', typ: 'JWT', kid: 'new' });
    const { exp, iat, ...claims } = decodeJwt(access.token);
    expect(exp! - iat!).toBe(3600);
    expect(claims).toEqual({
      iss: 'hookstream',
      aud: 'hookstream portal',
      sub: application.id,
      org_id: hookstream.tenant.organizationId,
      env_id: hookstream.tenant.environmentId,
      scope: 'applications:write event-types:read',
    });
    const short = await give(String(application.uid), { expires_in: 60 });
    expect(short.expires_in).toBe(60);
    expect(decodeJwt(short.token).exp! - decodeJwt(short.token).iat!).toBe(60);
  });

  it.each([
    ['expires_in', 59],
    ['expires_in', 86_401],
    ['expires_in', '60'],
    ['scopes', 'admin'],
    ['application_id', NOBODY],
  ])('is not given with %s %j', async (field, value) => {
    const response = await api.call('post', `/applications/${application.id}/portal-access`, { [field]: value });
    expect({ status: response.status, body: response.body as object }).toMatchObject({
      status: 400,
      body: { details: [{ field }] },
    });
  });

  it('is not given for what is not there or disabled', async () => {
    const disabled = await api.application();
    await api.call('patch', `/applications/${disabled.id}`, { status: 'disabled' });
    const ask = (id: string) => api.call('post', `/applications/${id}/portal-access`);
    expectError(await ask(NOBODY), 404, 'Application not found');
    expectError(await ask(disabled.id), 400, 'The application is not active');
  });

  it('opens its application by id and uid, with the rate limit of the organization', async () => {
    for (const name of [application.id, `app_${application.id}`, application.id.toUpperCase(), application.uid]) {
      const { status, headers } = await as(access.token, 'get', `/applications/${String(name)}/endpoints`);
      expect([name, status]).toEqual([name, 200]);
      expect(headers.get('ratelimit-limit')).toBe(String(REQUESTS));
    }
    const path = `/applications/${application.id}/endpoints`;
    const { status, body } = await as(access.token, 'post', path, { url: 'https://example.com/mine' });
    expect({ status, body }).toMatchObject({ status: 201, body: { endpoint: { created_at: aTime } } });
  });

  it('opens no other application', async () => {
    const other = await api.application();
    const endpoint = await api.endpoint(other.id);
    for (const name of [other.id, other.uid, NOBODY, 'nonsense', '%00']) {
      for (const rest of ['endpoints', `endpoints/${endpoint.id}`, 'messages']) {
        const { status, body } = await as(access.token, 'get', `/applications/${String(name)}/${rest}`);
        expect({ name, status, body }).toMatchObject({ name, status: 404, body: { error: 'Application not found' } });
      }
    }
    const own = `/applications/${application.id}/endpoints`;
    expect((await as(access.token, 'get', `${own}/${endpoint.id}`)).status).toBe(404);
    const { id } = await api.environment();
    const headers = { Authorization: `Bearer ${access.token}`, 'X-Env-Id': id };
    expect((await as(access.token, 'get', own, undefined, headers)).status).toBe(404);
    expect((await as(access.token, 'get', `${own}?env_id=${id}`)).status).toBe(404);
  });

  it('only reads when it is given for that', async () => {
    const { token } = await give(application.id, { scopes: 'read' });
    const path = `/applications/${application.id}/endpoints`;
    expect((await as(token, 'get', path)).status).toBe(200);
    expect(await as(token, 'post', path, { url: 'https://example.com' })).toMatchObject({
      status: 403,
      body: { error: 'This portal token lacks the scope applications:write' },
    });
  });

  it('is no token of another kind, time or issuer', async () => {
    const path = `/applications/${application.id}/endpoints`;
    const [header = '', claims = '', signature = ''] = access.token.split('.');
    const other = Buffer.from(JSON.stringify({ ...decodeJwt(access.token), sub: NOBODY })).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const oldSecret = new Keyring(KEYRING).deriveWith('old', 'portal tokens');
    const invalid: [what: string, token: string][] = [
      ['expired', await forge({ exp: now - 1 })],
      ['not valid yet', await forge({ nbf: now + 60 })],
      ['without end', await forge({ exp: undefined })],
      ['of another issuer', await forge({ iss: 'somebody' })],
      ['for another audience', await forge({ aud: 'somebody' })],
      ['without scope', await forge({ scope: undefined })],
      ['for no application', await forge({ sub: NOBODY })],
      ['for no id', await forge({ sub: 'nonsense' })],
      ['of another environment', await forge({ env_id: NOBODY })],
      ['of another organization', await forge({ org_id: NOBODY })],
      ['of another type', await forge({}, { typ: 'at+jwt' })],
      ['with another algorithm', await forge({}, { alg: 'HS512' })],
      ['of an unknown key', await forge({}, { kid: 'gone' })],
      ['of no key', await forge({}, { kid: undefined })],
      ['of the wrong key', await forge({}, { kid: 'old' })],
      ['derived for something else', await forge({}, {}, new Keyring(KEYRING).derive('session cookies'))],
      ['not signed', new UnsecuredJWT(decodeJwt(access.token)).encode()],
      ['without its signature', `${header}.${claims}.`],
      ['with other claims', `${header}.${other}.${signature}`],
      ['with another signature', `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`],
      [
        'with a signature of another claim',
        (await forge({ sub: NOBODY })).replace(/^[^.]+\.[^.]+/, `${header}.${claims}`),
      ],
      ['no JWT', 'a.b.c'],
    ];
    for (const [what, token] of invalid) {
      const { status, body } = await as(token, 'get', path);
      expect({ what, status, body }).toMatchObject({ what, status: 401, body: { error: INVALID } });
    }
    for (const token of [await forge({}), await forge({}, { kid: 'old' }, oldSecret)]) {
      expect((await as(token, 'get', path)).status).toBe(200);
    }
    expect((await as(access.token, 'get', path, undefined, { 'X-API-Key': access.token })).status).toBe(401);
    expect(
      (await as(access.token, 'get', `${path}?token=${await forge({ exp: now + 5 })}`, undefined, {})).status,
    ).toBe(401);
  });

  it('ends with its application', async () => {
    const { id } = await api.application();
    const { token } = await give(id);
    const read = () => as(token, 'get', `/applications/${id}/endpoints`);
    const becomes = (status: number) => eventually(async () => expect((await read()).status).toBe(status), 2000);
    await becomes(200);
    await api.call('patch', `/applications/${id}`, { status: 'disabled' });
    await becomes(401);
    await api.call('patch', `/applications/${id}`, { status: 'active' });
    await becomes(200);
    await api.call('delete', `/applications/${id}`);
    await becomes(401);
    expect(await read()).toMatchObject({ body: { error: INVALID } });
  });

  it('opens no stream', async () => {
    expect(await as(access.token, 'get', '/ws')).toMatchObject({ status: 403, body: { error: CLOSED } });
  });

  it('has a page that says how to use it, and does not get it', async () => {
    const response = await fetch(`${hookstream.url}/portal`);
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain(`curl -H &#34;Authorization: Bearer $TOKEN&#34; ${hookstream.url}/v1/applications/`);
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(page) ?? [];
    expect(response.headers.get('content-security-policy')).toContain(
      `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'`,
    );
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
  });

  describe('at every documented operation', () => {
    let things: Things;
    let token: string;
    let operations: ApiOperation[];

    beforeAll(async () => {
      things = await makeThings(api);
      ({ token } = await give(things.idAt('/applications/{id}')));
      operations = (await documentedOperations(hookstream.url)).sort(
        (a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method) || things.madeAs(b.path) - things.madeAs(a.path),
      );
      // Nothing may change by itself any more.
      await Promise.all(hookstream.workers.map((worker) => worker.kill('SIGTERM')));
    });

    it('is let in where it belongs and nowhere else, as the document says', async () => {
      const { paths } = await fetchDocument(hookstream.url);
      const seen = { open: 0, closed: 0 };
      for (const operation of operations) {
        const { method, path, sample } = operation;
        const { security } = paths[`/v1${path}`]![method]!;
        if (security?.length === 0) continue;
        const open = isOpen(operation);
        const documented = security?.some((scheme) => 'portal' in scheme) ?? false;
        expect({ method, path, documented }).toEqual({ method, path, documented: open });
        const { status, body } = await as(token, method, things.pathOf(path), sample);
        if (open) {
          const refused = [401, 403, 404].includes(status) ? body : null;
          expect({ method, path, refused }).toEqual({ method, path, refused: null });
        } else {
          expect({ method, path, status, body }).toMatchObject({ method, path, status: 403, body: { error: CLOSED } });
        }
        seen[open ? 'open' : 'closed'] += 1;
      }
      expect(seen.open).toBeGreaterThan(8);
      expect(seen.closed).toBeGreaterThan(30);
    });
  });

  it('stands in no line of the log', () => {
    expect(tokens.length).toBeGreaterThan(3);
    for (const token of tokens) expect(hookstream.api.log()).not.toContain(token.split('.')[2]);
  });
});
