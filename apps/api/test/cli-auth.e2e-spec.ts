import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { eventually, type Hookstream, startApi } from '#libs/testing';
import { Browser } from './browser.js';
import { Cli } from './cli.js';
import { expectError, type View } from './client.js';

const PAGE = '/dashboard/cli-auth';

describe('Sign-in of the CLI', () => {
  let hookstream: Hookstream;
  beforeAll(async () => {
    hookstream = await startApi({ HOOKSTREAM_PUBLIC_RATE_LIMIT: '0', HOOKSTREAM_SIGN_UP: 'open' });
  });
  afterAll(() => hookstream.stop());

  async function start(): Promise<string> {
    const { status, body } = await request(hookstream.url).post('/v1/cli/auth');
    expect([status, body]).toEqual([
      200,
      {
        code: expect.stringMatching(/^[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}$/),
        url: `${hookstream.url}${PAGE}?code=${body.code}`,
        expires_in: 900,
      },
    ]);
    return String(body.code);
  }
  const poll = (code: string) => request(hookstream.url).get(`/v1/cli/auth/${code}`);
  const notFound = 'This code is unknown, expired or used';
  const environmentsOf = async (browser: Browser) =>
    ((await browser.call('get', '/v1/environments')).body as { environments: View[] }).environments;

  it('gives a key once, after somebody has signed up and approved on the page', async () => {
    const code = await start();
    expect((await poll(code)).body).toEqual({ status: 'pending' });

    const browser = new Browser(hookstream.url);
    const page = await browser.call('get', `${PAGE}?code=${code}`);
    expect(page.status).toBe(200);
    expect(page.text).toContain(`action="${PAGE}/sign-up"`);
    const { email, password } = browser;
    const entered = await browser.submit(`${PAGE}/sign-up`, { code, name: 'Person', email, password });
    expect([entered.status, entered.headers.location]).toEqual([303, `${PAGE}?code=${code}`]);

    const approval = await browser.call('get', `${PAGE}?code=${code}`);
    expect(approval.text).toContain(`<code>${code}</code>`);
    const [environment] = (await environmentsOf(browser)) as [View];
    expect(approval.text).toContain(`<option value="${environment.id}">Production</option>`);
    const approved = await browser.submit(`${PAGE}/approve`, { code, env_id: environment.id });
    expect([approved.status, approved.text]).toEqual([200, expect.stringContaining('Approved')]);

    const polled = await Promise.all([poll(code), poll(code), poll(code)]);
    expect(polled.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    const { body } = polled.find(({ status }) => status === 200)!;
    expect(body).toEqual({ status: 'approved', api_key: expect.stringMatching(/^hs_live_[a-f0-9]{64}$/) });
    expectError(await poll(code), 404, notFound);
    const keys = await request(hookstream.url).get('/v1/auth/api-keys').set('X-API-Key', String(body.api_key));
    expect(keys.body).toMatchObject({ api_keys: [{ name: 'hookstream CLI', scopes: '*', env_id: environment.id }] });
    expect((await browser.call('get', `${PAGE}?code=${code}`)).status).toBe(404);
  });

  it('signs in the published CLI', async () => {
    const cli = new Cli(hookstream.url);
    try {
      const login = cli.begin('login', '--no-browser', '--no-wizard');
      const code = await eventually(() => {
        const [, shown] = /Code: ([A-Z2-9]{4}-[A-Z2-9]{4})/.exec(login.output()) ?? [];
        if (!shown) throw new Error(`no code yet: ${login.output()}`);
        return shown;
      });
      expect(login.output()).toContain(`${hookstream.url}${PAGE}?code=${code}`);
      const browser = new Browser(hookstream.url);
      await browser.signUp();
      const [environment] = (await environmentsOf(browser)) as [View];
      expect(await cli.fail('whoami')).toContain('Not logged in');
      await browser.submit(`${PAGE}/approve`, { code, env_id: environment.id });
      expect([await login.ended, login.output()]).toEqual([0, expect.stringContaining('Logged in as hs_live_')]);

      const [prefix] = /hs_live_\w{8}\.{3}/.exec(login.output()) ?? [];
      const who = { api_key_prefix: prefix, base_url: hookstream.url, source_count: 0 };
      expect(await cli.json('whoami')).toMatchObject(who);
      expect(await cli.run('whoami')).toMatch(/API Key +hs_live_\S+\n *Base URL +http\S+\n *Sources +0/);
      await browser.call('post', '/v1/sources', { name: 'Mine', slug: 'mine' });
      expect(await cli.json('sources', 'list')).toMatchObject([{ name: 'Mine' }]);
    } finally {
      cli.remove();
    }
  });

  it('ends with the time of its code', async () => {
    const code = await start();
    await hookstream.database.query("update identity.device_logins set expires_at = now() - interval '1 second'");
    expectError(await poll(code), 404, notFound);
    for (const unknown of ['ABCD-EFGH', 'nonsense']) expectError(await poll(unknown), 404, notFound);
  });

  it('stores no code', async () => {
    const code = await start();
    const rows = await hookstream.database.query('select encode(code_hash, $1) as code from identity.device_logins', [
      'escape',
    ]);
    expect(JSON.stringify(rows)).not.toContain(code);
  });

  it('needs a session, of a page of the gateway, in an environment of the organization', async () => {
    const code = await start();
    const browser = new Browser(hookstream.url);
    await browser.signUp();
    const [environment] = (await environmentsOf(browser)) as [View];
    const form = { code, env_id: environment.id };
    for (const origin of ['https://evil.example', 'null', null]) {
      const foreign = new Browser(hookstream.url, origin).steal(browser);
      expect((await foreign.submit(`${PAGE}/approve`, form)).status).toBe(403);
    }
    expect((await new Browser(hookstream.url).submit(`${PAGE}/approve`, form)).status).toBe(401);
    const elsewhere = { code, env_id: hookstream.tenant.environmentId };
    expect((await browser.submit(`${PAGE}/approve`, elsewhere)).status).toBe(404);
    expect((await poll(code)).body).toEqual({ status: 'pending' });
    expect((await browser.submit(`${PAGE}/approve`, { ...form, code: code.toLowerCase() })).status).toBe(200);
    expect((await browser.submit(`${PAGE}/approve`, form)).status).toBe(404);
    expect((await poll(code)).body).toMatchObject({ status: 'approved' });
  });

  it('says what was wrong with a password, on a page that runs no script', async () => {
    const browser = new Browser(hookstream.url);
    await browser.signUp();
    const form = { code: '"><script>alert(1)</script>', email: browser.email, password: 'wrong password' };
    const { status, text, headers } = await new Browser(hookstream.url).submit(`${PAGE}/sign-in`, form);
    expect([status, text]).toEqual([401, expect.stringContaining('Invalid email or password')]);
    expect(text).not.toContain('<script');
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
    );
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
    });
    const right = await new Browser(hookstream.url).submit(`${PAGE}/sign-in`, { ...form, password: browser.password });
    expect([right.status, right.headers.location]).toEqual([303, `${PAGE}?code=${encodeURIComponent(form.code)}`]);
  });
});
