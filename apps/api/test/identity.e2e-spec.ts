import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hookstream, startApi } from '#libs/testing';
import { Browser } from './browser.js';
import { anId, expectError, NOBODY, type View } from './client.js';

/** Better-auth's own limit for passwords would stop the tests; it has a test of its own. */
const UNLIMITED = { HOOKSTREAM_PUBLIC_RATE_LIMIT: '0' };

describe('People', () => {
  let hookstream: Hookstream;
  let owner: Browser;

  beforeAll(async () => {
    hookstream = await startApi({ ...UNLIMITED, HOOKSTREAM_SIGN_UP: 'open' });
    owner = new Browser(hookstream.url);
    await owner.signUp();
  });
  afterAll(() => hookstream.stop());

  const environments = async (browser: Browser) =>
    ((await browser.call('get', '/v1/environments')).body as { environments: View[] }).environments;
  const newSource = (slug: string) => ({ name: 'Source', slug });

  it('get an organization with a production environment when they sign up', async () => {
    const person = new Browser(hookstream.url);
    const signedUp = await person.signUp();
    expect(signedUp.status).toBe(200);
    expect(signedUp.headers['set-cookie']?.[0]).toMatch(
      /^better-auth\.session_token=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(await environments(person)).toEqual([expect.objectContaining({ id: anId, slug: 'production' })]);
    expect((await person.call('post', '/v1/sources', newSource('own'))).status).toBe(201);
    const [ofOwner] = await environments(owner);
    expect(ofOwner?.org_id).not.toBe((await environments(person))[0]?.org_id);
    expect((await owner.call('get', '/v1/sources')).body).toMatchObject({ sources: [] });
  });

  it('sign in and out', async () => {
    const person = new Browser(hookstream.url);
    await person.signUp();
    const stolen = new Browser(hookstream.url).steal(person);
    expect((await person.call('post', '/api/auth/sign-out')).status).toBe(200);
    expectError(await person.call('get', '/v1/sources'), 401, 'Missing API key: send it in the X-API-Key header');
    expectError(await stolen.call('get', '/v1/sources'), 401, 'The session has ended: sign in again');
    expect((await person.signIn('wrong password')).status).toBe(401);
    expect((await person.signIn()).status).toBe(200);
    expect((await person.call('get', '/v1/sources')).status).toBe(200);
  });

  it('come after a key: first match wins', async () => {
    const { environmentId } = hookstream.tenant;
    const withKey = { 'X-API-Key': hookstream.apiKey };
    const { body } = await owner.call('get', '/v1/environments', undefined, withKey);
    expect((body as { environments: View[] }).environments).toMatchObject([{ id: environmentId }]);
    const wrong = { 'X-API-Key': 'nonsense' };
    expectError(await owner.call('get', '/v1/environments', undefined, wrong), 401, 'Invalid API key');
  });

  it.each(['https://evil.example', 'null', null])('are not called for by pages of %s', async (origin) => {
    const foreign = new Browser(hookstream.url, origin).steal(owner);
    const sentence = 'A request with a session must come from a page of this gateway (Origin)';
    expectError(await foreign.call('post', '/v1/sources', newSource('foreign')), 403, sentence);
    for (const method of ['patch', 'delete'] as const) {
      expectError(await foreign.call(method, `/v1/sources/${NOBODY}`, {}), 403, sentence);
    }
    expect((await foreign.call('post', '/api/auth/sign-out')).status).toBe(403);
    const answer = await foreign.call('get', '/v1/sources');
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('choose an environment of their organization', async () => {
    const { body } = await owner.call('post', '/v1/environments', { name: 'Staging', slug: 'staging' });
    const { id } = (body as { environment: View }).environment;
    const inStaging = { 'X-Env-Id': id };
    expect((await owner.call('post', '/v1/sources', newSource('staged'), inStaging)).status).toBe(201);
    expect((await owner.call('get', '/v1/sources')).body).toMatchObject({ sources: [] });
    expect((await owner.call('get', `/v1/sources?env_id=${id}`)).body).toMatchObject({ sources: [{ slug: 'staged' }] });
    for (const other of [hookstream.tenant.environmentId, NOBODY, 'nonsense']) {
      const response = await owner.call('get', '/v1/sources', undefined, { 'X-Env-Id': other });
      expectError(response, 404, 'Environment not found');
    }
    expect((await owner.call('delete', `/v1/environments/${id}`)).status).toBe(200);
    const [last] = await environments(owner);
    const refused = await owner.call('delete', `/v1/environments/${last?.id}`);
    expectError(refused, 409, 'The last environment cannot be deleted');
  });

  it('make keys', async () => {
    const { body, status } = await owner.call('post', '/v1/auth/api-keys', { name: 'CI' });
    expect(status).toBe(201);
    const keyed = { 'X-API-Key': (body as { key: string }).key };
    expect((await new Browser(hookstream.url).call('get', '/v1/sources', undefined, keyed)).status).toBe(200);
  });

  async function invite(role: string): Promise<Browser> {
    const guest = new Browser(hookstream.url);
    const [{ org_id }] = (await environments(owner)) as [View];
    const invitation = await owner.call('post', '/api/auth/organization/invite-member', {
      email: guest.email,
      role,
      organizationId: org_id,
    });
    expect(invitation.status).toBe(200);
    await guest.signUp();
    expectError(await guest.call('get', '/v1/sources'), 403, 'You are not a member of any organization');
    const accepted = await guest.call('post', '/api/auth/organization/accept-invitation', {
      invitationId: (invitation.body as View).id,
    });
    expect(accepted.status).toBe(200);
    return guest;
  }

  it.each([
    ['viewer', 200, 403, 403],
    ['member', 200, 201, 403],
    ['admin', 200, 201, 201],
  ])('invited as %s read (%i), make sources (%i) and keys (%i)', async (role, read, write, administer) => {
    const guest = await invite(role);
    expect(await environments(guest)).toEqual(await environments(owner));
    expect((await guest.call('get', '/v1/sources')).status).toBe(read);
    expect((await guest.call('post', '/v1/sources', newSource(`by-${role}`))).status).toBe(write);
    const key = await guest.call('post', '/v1/auth/api-keys', { name: 'n' });
    expect(key.status).toBe(administer);
    if (role === 'viewer') expectError(key, 403, 'Your role lacks the scope api-keys:write');
  });

  it.each([
    ['create', { name: 'n', slug: 'n' }],
    ['delete', {}],
  ])('do not %s organizations', async (what, body) => {
    const [{ org_id }] = (await environments(owner)) as [View];
    const response = await owner.call('post', `/api/auth/organization/${what}`, { organizationId: org_id, ...body });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await environments(owner)).toHaveLength(1);
  });

  it('send JSON of limited size only', async () => {
    const text = await owner.call('post', '/api/auth/sign-in/email', undefined, { 'Content-Type': 'text/plain' });
    expect(text.status).toBeGreaterThanOrEqual(400);
    const form = await owner.submit('/api/auth/sign-in/email', { email: owner.email });
    expectError(form, 415, 'The request body must be sent as application/json');
    const huge = await owner.call('post', '/api/auth/sign-in/email', { email: 'x'.repeat(300_000) });
    expectError(huge, 413, 'The request body is too large');
  });
});

describe('Sign-up', () => {
  let hookstream: Hookstream | undefined;
  const start = async (env: Record<string, string>) => (hookstream = await startApi(env));
  afterAll(() => hookstream?.stop());

  it('is open until somebody has signed up', async () => {
    const { url } = await start(UNLIMITED);
    const [first, second] = [new Browser(url), new Browser(url)];
    expect((await first.signUp()).status).toBe(200);
    const refused = await second.signUp();
    expect(refused).toMatchObject({ status: 403, body: { code: 'SIGN_UP_CLOSED' } });
    const { body } = await first.call('get', '/v1/environments');
    const [{ org_id }] = (body as { environments: View[] }).environments as [View];
    const invitation = { email: second.email, role: 'viewer', organizationId: org_id };
    await first.call('post', '/api/auth/organization/invite-member', invitation);
    expect((await second.signUp()).status).toBe(200);
    await hookstream?.stop();
  });

  it('can be closed, and passwords are tried only so often', async () => {
    const { url } = await start({ HOOKSTREAM_SIGN_UP: 'closed' });
    const person = new Browser(url);
    expect((await person.signUp()).status).toBe(403);
    const statuses = [];
    // A made-up address must not make the sender somebody else.
    for (let times = 0; times < 4; times++) {
      const { status } = await person.call(
        'post',
        '/api/auth/sign-in/email',
        { email: person.email, password: 'wrong one' },
        {
          'X-Forwarded-For': `192.0.2.${times}`,
          'X-Hookstream-Client-Ip': `192.0.2.${times}`,
        },
      );
      statuses.push(status);
    }
    expect(statuses).toEqual([401, 401, 401, 429]);
  });
});
